import { join } from 'node:path';
import { expect, test } from 'vitest';
import { idOf } from '../../../src/event/batch.js';
import { openLmdbLedger } from '../../../src/flow/ledger/lmdb/lmdb-ledger.js';
import { type LedgerRules, needsLedger, withLedger } from '../../../src/flow/ledger/with-ledger.js';
import { type Delivery, type Sink, SinkUnavailableError, type Verdict } from '../../../src/sinks/sink.js';
import { count, deliveryOf } from '../../support/batches.js';
import { folderWith } from '../../support/cli.js';

const signal = new AbortController().signal;
const VERIFY: LedgerRules = { onUnknown: 'verify', resend: false };

/** A far side that takes every copy, and counts them. */
function farSide(answer: (id: string) => Verdict | 'dead' | 'hang' = () => ({ kind: 'accepted' })) {
  const copies = new Map<string, number>();
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const sink: Sink = {
    label: 'counting',
    name: 'counting',
    onRepeat: 'duplicated',
    limits: { maxEvents: 100, maxBytes: 1e6, concurrency: 4 },
    describe: () => ({ notes: ['counts'], warnings: [] }),
    async deliver({ events, skip }) {
      const verdicts: Verdict[] = [];
      for (let i = 0; i < events.count; i++) {
        const id = idOf(events, i);
        const verdict = skip?.[i] === 1 ? 'skipped' : answer(id);
        if (verdict === 'dead') throw new SinkUnavailableError('dead', { cure: 'wait' });
        if (verdict === 'hang') await gate;
        if (verdict === 'skipped') verdicts.push({ kind: 'duplicate' });
        else {
          const isTaken = verdict === 'hang' || verdict.kind === 'accepted' || verdict.kind === 'unknown';
          if (isTaken) copies.set(id, (copies.get(id) ?? 0) + 1);
          verdicts.push(verdict === 'hang' ? { kind: 'accepted' } : verdict);
        }
      }
      return verdicts;
    },
    async [Symbol.asyncDispose]() {},
  };
  return { sink, copies, open };
}

const events = (...ids: readonly string[]): Delivery =>
  deliveryOf(
    {},
    ids.map((id) => ({ event_id: id, name: 'x', occurred_at: '2019-07-01T00:00:00Z' })),
  );
const kinds = (verdicts: readonly Verdict[]) => verdicts.map(({ kind }) => kind);

async function guarded(folder: string, sink: Sink, { run = 'one', rules = VERIFY } = {}) {
  const ledger = await openLmdbLedger(join(folder, 'ledger'));
  const book = await ledger.openBook(sink.label, { run, source: 's', startedAt: '2026-01-01T00:00:00Z' });
  const guard = await withLedger(sink, book, rules);
  return { sink: guard, [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose]() };
}

test('an event that was accepted once is a duplicate in every later run, and is not sent', async () => {
  await using folder = await folderWith();
  const { sink, copies } = farSide();
  {
    await using one = await guarded(folder.path, sink);
    expect(kinds(await one.sink.deliver(events('a', 'b'), signal))).toEqual(['accepted', 'accepted']);
    expect(kinds(await one.sink.deliver(events('b', 'c'), signal))).toEqual(['duplicate', 'accepted']);
  }
  await using two = await guarded(folder.path, sink, { run: 'two' });
  expect(kinds(await two.sink.deliver(events('a', 'b', 'c', 'd'), signal))).toEqual([
    ...['duplicate', 'duplicate', 'duplicate', 'accepted'],
  ]);
  expect([...copies.values()]).toEqual([1, 1, 1, 1]);
});

test('what this very run had accepted from the same place is accepted, not duplicate', async () => {
  await using folder = await folderWith();
  const { sink, copies } = farSide();
  {
    await using one = await guarded(folder.path, sink);
    await one.sink.deliver(events('a', 'b', 'a'), signal);
  }
  await using again = await guarded(folder.path, sink);
  expect(kinds(await again.sink.deliver(events('a', 'b', 'a'), signal))).toEqual(['accepted', 'accepted', 'duplicate']);
  expect([...copies.values()]).toEqual([1, 1]);
});

test('of deliveries that are under way at once only one sends an id', async () => {
  await using folder = await folderWith();
  const { sink, copies } = farSide();
  await using one = await guarded(folder.path, sink);
  const answers = await Promise.all([
    one.sink.deliver(events('a', 'b', 'c'), signal),
    one.sink.deliver(events('c', 'd', 'a'), signal),
    one.sink.deliver(events('d', 'a', 'e'), signal),
  ]);
  expect(count(answers.flat())).toEqual({ accepted: 5, duplicate: 4 });
  expect([...copies.values()]).toEqual([1, 1, 1, 1, 1]);
});

test('the second of two events with one id is never called taken when the first was not', async () => {
  await using folder = await folderWith();
  const { sink } = farSide(
    (id) => ({ kind: id === 'bad' ? 'rejected' : 'unsent', code: 'no', reason: 'no' }) as Verdict,
  );
  await using one = await guarded(folder.path, sink);
  const verdicts = await one.sink.deliver(events('bad', 'bad', 'later', 'later'), signal);
  expect(kinds(verdicts)).toEqual(['rejected', 'rejected', 'unsent', 'unsent']);
  expect(verdicts[1]).toMatchObject({ code: 'same_id_rejected' });
});

test('what a dead sink certainly did not get is sent by the next run', async () => {
  await using folder = await folderWith();
  const dead = farSide(() => 'dead');
  {
    await using one = await guarded(folder.path, dead.sink);
    await expect(one.sink.deliver(events('a', 'b'), signal)).rejects.toThrow('dead');
  }
  const { sink, copies } = farSide();
  await using again = await guarded(folder.path, sink);
  expect(kinds(await again.sink.deliver(events('a', 'b'), signal))).toEqual(['accepted', 'accepted']);
  expect(copies.size).toBe(2);
});

test('what the sink itself calls unknown stays unknown, and is not sent again', async () => {
  await using folder = await folderWith();
  const { sink, copies } = farSide(() => ({ kind: 'unknown', reason: 'no answer' }));
  {
    await using one = await guarded(folder.path, sink);
    expect(kinds(await one.sink.deliver(events('a', 'a'), signal))).toEqual(['unknown', 'unknown']);
  }
  await using two = await guarded(folder.path, sink, { run: 'two' });
  expect(kinds(await two.sink.deliver(events('a'), signal))).toEqual(['unknown']);
  expect(copies.get('a')).toBe(1);
});

/** A process that died between the request and its answer. */
async function interrupted(folder: string) {
  const { sink, copies, open } = farSide(() => 'hang');
  const one = await guarded(folder, sink);
  const answer = one.sink.deliver(events('a', 'b'), signal).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await one[Symbol.asyncDispose]();
  open();
  await answer;
  return copies;
}

test('after a crash, what nobody knows of is kept back and named, and the user decides', async () => {
  await using folder = await folderWith();
  await interrupted(folder.path);
  const { sink, copies } = farSide();
  {
    await using verify = await guarded(folder.path, sink);
    const verdicts = await verify.sink.deliver(events('a', 'c'), signal);
    expect(kinds(verdicts)).toEqual(['unknown', 'accepted']);
    expect(verdicts[0]).toMatchObject({ reason: expect.stringContaining('--on-unknown resend') });
  }
  {
    await using resend = await guarded(folder.path, sink, { rules: { onUnknown: 'resend', resend: false } });
    expect(kinds(await resend.sink.deliver(events('a'), signal))).toEqual(['accepted']);
    expect(copies.get('a')).toBe(1);
  }
  await using skip = await guarded(folder.path, sink, { rules: { onUnknown: 'skip', resend: false } });
  expect(kinds(await skip.sink.deliver(events('b'), signal))).toEqual(['accepted']);
  expect(skip.sink.describe().warnings).toEqual(['events taken for delivered without proof (--on-unknown skip): 1']);
  expect(copies.has('b')).toBe(false);
});

test('a sink that can be asked settles what is unknown: a find is accepted, an absence proves nothing', async () => {
  await using folder = await folderWith();
  await interrupted(folder.path);
  const { sink, copies } = farSide();
  const asked: unknown[] = [];
  const find = async (...question: readonly unknown[]) => {
    asked.push(question.slice(0, 2));
    return new Set(['a']);
  };
  await using one = await guarded(folder.path, { ...sink, find });
  expect(kinds(await one.sink.deliver(events('a', 'b'), signal))).toEqual(['accepted', 'unknown']);
  expect(asked).toEqual([[['a', 'b'], { fromMs: Date.UTC(2019, 6, 1), toMs: Date.UTC(2019, 6, 1) }]]);
  expect(copies.size).toBe(0);
  expect(kinds(await one.sink.deliver(events('a'), signal))).toEqual(['duplicate']);
});

test('where a repeat replaces, what is unknown is sent again', async () => {
  await using folder = await folderWith();
  await interrupted(folder.path);
  const { sink, copies } = farSide();
  await using one = await guarded(folder.path, { ...sink, onRepeat: 'overwritten' });
  expect(kinds(await one.sink.deliver(events('a', 'b'), signal))).toEqual(['accepted', 'accepted']);
  expect(copies.size).toBe(2);
});

test('--resend sends what was taken, and a failure of it does not make the ledger forget', async () => {
  await using folder = await folderWith();
  const { sink, copies } = farSide();
  {
    await using one = await guarded(folder.path, sink);
    await one.sink.deliver(events('a'), signal);
  }
  {
    await using forced = await guarded(folder.path, sink, { run: 'two', rules: { onUnknown: 'verify', resend: true } });
    expect(kinds(await forced.sink.deliver(events('a'), signal))).toEqual(['accepted']);
    expect(copies.get('a')).toBe(2);
  }
  {
    const rules = { onUnknown: 'verify', resend: true } as const;
    await using dead = await guarded(folder.path, farSide(() => 'dead').sink, { run: 'three', rules });
    await expect(dead.sink.deliver(events('a'), signal)).rejects.toThrow('dead');
  }
  await using last = await guarded(folder.path, sink, { run: 'four' });
  expect(kinds(await last.sink.deliver(events('a'), signal))).toEqual(['duplicate']);
});

test('the ledger guards sinks that take an event twice, and no others', () => {
  expect(needsLedger({ onRepeat: 'duplicated' })).toBe(true);
  expect(needsLedger({ onRepeat: 'overwritten' })).toBe(true);
  expect(needsLedger({ onRepeat: 'ignored' })).toBe(false);
  expect(needsLedger({ onRepeat: 'overwritten', finish: async () => undefined })).toBe(false);
});
