import { afterAll, expect, test } from 'vitest';
import { openSource } from '../../../src/sources/open.js';
import { letterText } from '../../support/letter-text.js';
import { startSqs } from '../../support/sqs.js';
import { type SqsFaults, startFaultySqs } from '../../support/sqs-faults.js';

const server = await startSqs();
const seed = { value: 7 };
const proxy = await startFaultySqs(server.endpoint, () => {
  seed.value = (seed.value * 48_271) % 2_147_483_647;
  return seed.value / 2_147_483_647;
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
const queue = { follow: false, keep: false, ackRejected: false, liveQueue: false, snapshot: undefined };
const env = { ...server.env, AWS_ENDPOINT_URL_SQS: proxy.endpoint };
let made = 0;

/** Drains a queue of 60 messages, taking each; resolves to how often each came, and what was counted. */
async function drain(faults: SqsFaults) {
  const dead = await server.deadLetters(`struck-${++made}`);
  await dead.send(Array.from({ length: 60 }, (_, n) => `{"n":${n}}`));
  const seen = new Map<string, number>();
  const source = await openSource([`sqs:${dead.name}?wait=0&pollers=2&visibility=10`], { env, queue });
  proxy.misbehave(faults);
  for await (const batch of source.batches([], new AbortController().signal)) {
    if (batch.kind === 'failure') throw batch.error;
    for (const line of letterText(batch).trimEnd().split('\n')) {
      const { body } = JSON.parse(line);
      seen.set(body, (seen.get(body) ?? 0) + 1);
    }
    const takenLines = Array.from({ length: batch.lines ?? 0 }, (_, line) => line);
    await batch.settle({ takenLines, quarantinedLines: [] });
  }
  const tally = source.tally?.();
  proxy.misbehave({});
  await source[Symbol.asyncDispose]();
  return { seen, tally, waiting: await dead.waiting() };
}

test('a message that is given out twice in one window is worked on once', async () => {
  const { seen, tally, waiting } = await drain({ repeats: 0.5 });

  expect([...seen.values()]).toEqual(Array(60).fill(1));
  expect(tally).toMatchObject({ acked: 60, left: 0, comesBack: 0 });
  expect(waiting).toBe(0);
  expect(proxy.happened.repeats).toBeGreaterThan(5);
});

test('a delete that fails for some messages of a batch is asked for again for those', async () => {
  const { tally, waiting } = await drain({ failedDeletes: 0.3 });

  expect(tally).toMatchObject({ acked: 60 - waiting, comesBack: waiting });
  expect(proxy.happened.failedDeletes).toBeGreaterThan(5);
});

test('messages whose handle has expired are counted as coming back, and what is counted is what the server has', async () => {
  const { seen, tally, waiting } = await drain({ expiredHandles: 0.2 });

  expect(seen.size).toBe(60);
  expect(waiting).toBeGreaterThan(0);
  expect(tally).toMatchObject({
    acked: 60 - waiting,
    comesBack: waiting,
    notes: [expect.stringContaining('will come back and count as duplicates')],
  });
});

test('answers that are lost and a service that is busy change nothing', async () => {
  const { seen, tally, waiting } = await drain({ lostAnswers: 0.2, unavailable: 0.2 });

  expect(tally?.acked).toBe(60 - waiting);
  expect(seen.size + waiting).toBeGreaterThanOrEqual(60);
  expect(proxy.happened.lostAnswers + proxy.happened.unavailable).toBeGreaterThan(0);
});
