import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { afterAll, describe, expect, test } from 'vitest';
import { openSource } from '../../../src/sources/open.js';
import type { RawBatch, Source } from '../../../src/sources/source.js';
import { startKafka } from '../../support/kafka.js';
import { letterText } from '../../support/letter-text.js';
import { queueContract } from '../queue-contract.js';

const broker = await startKafka();
const kafka = new kafkajs.Kafka({
  clientId: 'test',
  brokers: [broker?.address ?? 'none:1'],
  logLevel: kafkajs.logLevel.NOTHING,
});
const producer = kafka.producer();
const admin = kafka.admin();
if (broker !== undefined) await Promise.all([producer.connect(), admin.connect()]);
afterAll(async () => {
  await Promise.all([producer.disconnect(), admin.disconnect()]);
  await broker?.[Symbol.asyncDispose]();
});
const queue = { follow: false, keep: false, ackRejected: false, liveQueue: false, snapshot: undefined };
const signal = new AbortController().signal;

/** A topic of four partitions, and a group of its own. */
async function make(name = 'orders-dlq') {
  const topic = `${name}-${randomUUID().slice(0, 8)}`;
  await producer.send({ topic, messages: [] });
  const address = `kafka://${broker?.address}/${topic}?group=${topic}&session=5`;
  return {
    topic,
    address,
    env: {},
    async send(bodies: readonly string[], partition?: number) {
      const place = partition === undefined ? {} : { partition };
      await producer.send({
        topic,
        messages: bodies.map((value, index) => ({ value, key: `k${index}`, ...place, headers: { why: 'boom' } })),
      });
    },
    /** What the group has not passed yet. */
    async waiting() {
      const bounds = await admin.fetchTopicOffsets(topic);
      const [group] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
      const at = new Map(group?.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]));
      return bounds.reduce((sum, { partition, high }) => sum + Number(high) - (at.get(partition) ?? 0), 0);
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function settle(
  source: Source,
  outcome: (lines: number[], batch: RawBatch) => Parameters<RawBatch['settle']>[0],
) {
  for await (const batch of source.batches([], signal)) {
    if (batch.kind === 'failure') throw batch.error;
    const lines = Array.from({ length: batch.lines ?? 0 }, (_, line) => line);
    await batch.settle(outcome(lines, batch));
  }
}

// Each test has a topic and a group of its own, and a group takes its time to form.
describe.runIf(broker !== undefined).concurrent('kafka', () => {
  queueContract('kafka', () => make(), { commitsOffsets: true });

  test('what lies in the quarantine is passed, and what was not settled is not', async () => {
    await using topic = await make();
    await topic.send(
      Array.from({ length: 10 }, (_, n) => `{"n":${n}}`),
      0,
    );
    const source = await openSource([topic.address], { queue });
    await settle(source, () => ({ takenLines: [0, 1, 3, 5, 6], quarantinedLines: [2] }));

    // 4 was left: it and everything behind it comes again, although 5 and 6 are in every sink.
    expect(source.tally?.()).toMatchObject({ acked: 4, left: 6, comesBack: 2 });
    await source[Symbol.asyncDispose]();
    expect(await topic.waiting()).toBe(6);
    await using again = await openSource([topic.address], { queue });
    const seen: string[] = [];
    await settle(again, (takenLines, batch) => {
      seen.push(...letterText(batch).trimEnd().split('\n'));
      return { takenLines, quarantinedLines: [] };
    });
    expect(seen.map((line) => JSON.parse(line).body)).toEqual([4, 5, 6, 7, 8, 9].map((n) => `{"n":${n}}`));
    expect(JSON.parse(seen[0] ?? '')).toMatchObject({ id: '0:4', headers: { why: 'boom' }, attributes: { key: 'k4' } });
  });

  test('a mere look begins where the group stands and commits nothing', async () => {
    await using topic = await make();
    await topic.send(['{"n":0}', '{"n":1}'], 1);
    {
      await using source = await openSource([topic.address], { queue });
      await settle(source, () => ({ takenLines: [0], quarantinedLines: [] }));
    }
    await using look = await openSource([topic.address], { queue, dryRun: true });
    let lines = 0;
    for await (const batch of look.batches([], signal)) if (batch.kind === 'batch') lines += batch.lines ?? 0;

    expect(lines).toBe(1);
    expect(await topic.waiting()).toBe(1);
  });

  test('a topic that is not there is an error of usage, and is not made', async () => {
    const topic = `nowhere-${randomUUID()}`;
    await expect(openSource([`kafka://${broker?.address}/${topic}`], { queue })).rejects.toMatchObject({
      code: 'source_not_found',
      exitCode: 3,
    });
    expect(await admin.listTopics()).not.toContain(topic);
  });

  test('a broker that does not answer makes the run incomplete', async () => {
    await expect(openSource(['kafka://127.0.0.1:1/x'], { queue })).rejects.toMatchObject({ exitCode: 4 });
  });
});
