import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Verdict } from '../../../src/sinks/sink.js';
import { count, deliver, deliveryOf, keysOf } from '../../support/batches.js';
import { openTestTable, type TestTable } from '../../support/tables.js';

const { signal } = new AbortController();
const DAYS = ['2024-01-01', '2024-01-02', '2024-01-03', '2025-06-01'];

/** Tables whose events some rows refuse: by what the encoder knows, and by what only the server does. */
const TABLES = {
  'days of an id and an instant': `create table t (event_id text, occurred_at timestamptz, n smallint check (n <> 13), note text,
    primary key (event_id, occurred_at)) partition by range (occurred_at);
    create table t_1 partition of t for values from ('2024-01-01 00:00+00') to ('2024-01-02 00:00+00');
    create table t_2 partition of t for values from ('2024-01-02 00:00+00') to ('2024-01-03 00:00+00')`,
  'an id alone':
    'create table t (event_id text primary key, occurred_at timestamptz, n smallint check (n <> 13), note text)',
  'rows that are sent as text':
    'create table t (event_id inet primary key, occurred_at timestamptz, n smallint check (n <> 13), note text)',
  'another column in the key': `create table t (event_id text, occurred_at timestamptz, n smallint default 7 check (n <> 13), note text not null,
    primary key (note, event_id))`,
};

const event = fc.record({
  event_id: fc.oneof(
    { weight: 12, arbitrary: fc.nat(25).map((n) => `10.0.0.${n}`) },
    fc.constantFrom('a\u0000', 'nowhere'),
  ),
  occurred_at: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...DAYS).map((day) => `${day}T01:02:03.000004Z`) },
    fc.constantFrom(null, 'soon'),
  ),
  n: fc.oneof({ weight: 9, arbitrary: fc.nat(9) }, fc.constantFrom(13, 40_000, 'many', undefined)),
  note: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('x', 'y') }, fc.constantFrom('\u0000', null)),
});
const events = fc.array(event, { maxLength: 30 });

test.each(Object.entries(TABLES))(
  'by their keys first, events come to the same verdicts and rows as whole: %s',
  async (_, sql) => {
    await using whole = await openTestTable(sql);
    await using keys = await openTestTable(sql);
    await fc.assert(
      fc.asyncProperty(events, fc.array(events, { minLength: 1, maxLength: 3 }), async (before, batches) => {
        for (const t of [whole, keys]) {
          await t.database.query('truncate t');
          await deliver(t.sink, before);
        }
        for (const batch of batches) {
          const verdicts = await keys.sink.deliver(keysOf(keys.sink, batch), signal);
          expect(verdicts.map(told)).toEqual((await deliver(whole.sink, batch)).map(told));
        }
        expect(await rowsOf(keys)).toEqual(await rowsOf(whole));
        expect(await partitionsOf(keys)).toEqual(await partitionsOf(whole));
      }),
      { numRuns: 25 },
    );
  },
  180_000,
);

test('what is there already is a duplicate, whatever the table would say to the rest of it', async () => {
  await using t = await openTestTable(
    'create table t (event_id text primary key, n smallint check (n <> 13), note text)',
  );
  const good = ['a', 'b', 'c'].map((event_id) => ({ event_id, n: 1 }));
  await deliver(t.sink, good);
  const worse = [
    { event_id: 'a', n: 40_000 },
    { event_id: 'b', n: 13 },
    { event_id: 'c', note: 'x\u0000' },
    { event_id: 'd', n: 40_000 },
    { event_id: 'e', n: 13 },
  ];
  const kinds = ['duplicate', 'duplicate', 'duplicate', 'rejected', 'rejected'];

  for (let run = 0; run < 6; run++) {
    expect((await deliver(t.sink, worse)).map(({ kind }) => kind)).toEqual(kinds);
    expect((await t.sink.deliver(keysOf(t.sink, worse), signal)).map(({ kind }) => kind)).toEqual(kinds);
  }
  expect(await t.rows('event_id, n')).toEqual(good);
});

test('keys are preferred behind batches of duplicates alone, until something new is met', async () => {
  await using t = await openTestTable('create table t (event_id text primary key, n smallint)');
  const known = Array.from({ length: 10 }, (_, n) => ({ event_id: `e${n}`, n }));
  expect(await preferences(t, [known, known, known])).toEqual([false, false, true]);

  const mixed = [...known.slice(0, 5), { event_id: 'new', n: 1 }, { event_id: 'e7', n: 1 }];
  expect(count(await t.sink.deliver(keysOf(t.sink, mixed), signal))).toEqual({ duplicate: 6, accepted: 1 });
  expect(t.sink.prefersKeys?.()).toBe(false);
  expect(await preferences(t, [mixed, mixed])).toEqual([false, true]);
});

test('whoever refuses ids with two times is never given keys alone', async () => {
  await using t = await openTestTable(
    `create table t (event_id text, occurred_at timestamptz, primary key (event_id, occurred_at)) partition by range (occurred_at);
     create table t_1 partition of t for values from ('2024-01-01 00:00+00') to ('2025-01-01 00:00+00')`,
    { context: { strictId: true } },
  );
  const known = [{ event_id: 'a', occurred_at: '2024-01-01T00:00:00Z' }];
  expect(await preferences(t, [known, known, known, known])).toEqual([false, false, false, false]);
});

test('ids with two times are told as often when only keys are looked at', async () => {
  const sql = 'create table t (event_id text, occurred_at timestamptz, primary key (event_id, occurred_at))';
  await using whole = await openTestTable(sql);
  await using keys = await openTestTable(sql);
  const twins = ['2024-01-01', '2024-01-02', '2024-01-03'].map((day) => ({
    event_id: 'a',
    occurred_at: `${day}T00:00:00Z`,
  }));
  const batch = [...twins, { event_id: 'b', occurred_at: '2024-01-01T00:00:00Z' }, ...twins];
  for (const t of [whole, keys]) for (let run = 0; run < 3; run++) await deliver(t.sink, batch);
  await deliver(whole.sink, batch);
  await keys.sink.deliver(keysOf(keys.sink, batch), signal);

  const warnings = keys.sink.describe().warnings;
  expect(warnings).toEqual(whole.sink.describe().warnings);
  expect(warnings[0]).toMatch(/at least \d+ times an id came with more than one time/);
});

test('a key that breaks off with its session is looked up again', async () => {
  await using t = await openTestTable('create table t (event_id text primary key, n smallint)', {
    context: { jobs: 2 },
  });
  const known = Array.from({ length: 500 }, (_, n) => ({ event_id: `e${n}`, n: n % 100 }));
  await deliver(t.sink, known);
  for (let run = 0; run < 5; run++) {
    const mixed = [...known, { event_id: `new${run}`, n: run }];
    const [verdicts] = await Promise.all([
      t.sink.deliver(keysOf(t.sink, mixed), signal),
      t.database.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      ),
    ]);
    expect(count(verdicts)).toEqual({ duplicate: 500, accepted: 1 });
  }
});

async function preferences(
  { sink }: TestTable,
  batches: readonly (readonly object[])[],
): Promise<(boolean | undefined)[]> {
  const preferred: (boolean | undefined)[] = [];
  for (const batch of batches) {
    await sink.deliver(deliveryOf(sink, batch), signal);
    preferred.push(sink.prefersKeys?.());
  }
  return preferred;
}

function told(verdict: Verdict): string {
  return verdict.kind === 'rejected'
    ? `rejected ${verdict.code} ${verdict.pointer ?? ''} ${verdict.reason}`
    : verdict.kind;
}

async function rowsOf(t: TestTable): Promise<readonly object[]> {
  return t.database.query('select event_id::text, occurred_at::text, n, note from t order by 1, 2, 4');
}

async function partitionsOf(t: TestTable): Promise<readonly object[]> {
  return t.database.query(
    `select relname from pg_inherits join pg_class on oid = inhrelid where inhparent = 't'::regclass order by 1`,
  );
}
