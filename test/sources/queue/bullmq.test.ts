import { once } from 'node:events';
import { FlowProducer, Queue, Worker } from 'bullmq';
import { describe, expect, test } from 'vitest';
import { openSource } from '../../../src/sources/open.js';
import { type QueueUnderTest, queueContract } from '../queue-contract.js';
import { drain, OPTIONS, openQueueOf } from './draining.js';
import { redisService, redisUrl, type TestRedis, testRedis } from './redis.js';

const connection = { host: redisService?.host ?? '', port: redisService?.port ?? 0 };

interface BullQueue extends QueueUnderTest {
  readonly queue: Queue;
  readonly prefix: string;
  readonly redis: TestRedis['redis'];
}

/** A queue of BullMQ whose jobs are failed by a worker of BullMQ itself. */
async function bullQueue(): Promise<BullQueue> {
  const { redis, prefix, [Symbol.asyncDispose]: clean } = await testRedis();
  const queue = new Queue('orders', { connection, prefix });
  return {
    queue,
    prefix,
    redis,
    address: `bullmq:orders?prefix=${prefix}`,
    env: { REDIS_URL: redisUrl },
    async send(bodies) {
      await queue.addBulk(bodies.map((body) => ({ name: 'charge', data: JSON.parse(body) })));
      await failAll(prefix, bodies.length);
    },
    waiting: () => redis.zcard(`${prefix}:orders:failed`),
    async [Symbol.asyncDispose]() {
      await queue.close();
      await clean();
    },
  };
}

async function failAll(prefix: string, jobs: number): Promise<void> {
  const work = async () => {
    throw new TypeError('boom');
  };
  const worker = new Worker('orders', work, { connection, prefix });
  for (let failed = 0; failed < jobs; failed++) await once(worker, 'failed');
  await worker.close();
}

describe.runIf(redisService)('BullMQ', () => {
  queueContract('bullmq:', bullQueue);

  test('a letter tells what BullMQ knows of its job', async () => {
    await using dead = await bullQueue();
    await dead.send(['{"n":12345678901234567}']);
    const { letters } = await drain(dead, 'take');

    expect(letters).toMatchObject([
      {
        kind: 'bullmq',
        queue: 'orders',
        id: '1',
        name: 'charge',
        deliveries: 1,
        error: { class: 'TypeError', message: 'boom' },
      },
    ]);
  });

  test('a job that somebody retries meanwhile is not removed', async () => {
    await using dead = await bullQueue();
    await dead.send(['{"n":1}', '{"n":2}']);
    await using source = await openQueueOf(dead);
    for await (const batch of source.batches([], new AbortController().signal)) {
      if (batch.kind === 'failure') throw batch.error;
      const job = await dead.queue.getJob('1');
      await job?.retry();
      await batch.settle({ takenLines: [0, 1], quarantinedLines: [] });
    }

    expect(source.tally?.()).toMatchObject({ acked: 1, left: 1 });
    expect(await dead.queue.getJobCounts('waiting', 'failed')).toMatchObject({ waiting: 1, failed: 0 });
    expect((await dead.queue.getJob('1'))?.data).toEqual({ n: 1 });
  });

  test('a job that its parent waits for stays', async () => {
    await using dead = await bullQueue();
    const flow = new FlowProducer({ connection, prefix: dead.prefix });
    const child = { name: 'child', queueName: 'orders', data: { n: 1 } };
    const { job } = await flow.add({ name: 'parent', queueName: 'other', children: [child] });
    await failAll(dead.prefix, 1);
    const { tally } = await drain(dead, 'take');

    expect(tally).toMatchObject({ acked: 0, left: 1 });
    expect(await job.getState()).toBe('waiting-children');
    await flow.close();
  });

  test('what belongs to a job goes with it, and nothing else', async () => {
    await using dead = await bullQueue();
    await dead.queue.add('charge', { n: 1 }, { deduplication: { id: 'one' } });
    await failAll(dead.prefix, 1);
    await drain(dead, 'take');
    const keys = await dead.redis.keys(`${dead.prefix}:orders:*`);

    const left = keys.map((key) => key.slice(`${dead.prefix}:orders:`.length));
    for (const gone of ['1', '1:logs', 'de:one', 'failed']) expect(left).not.toContain(gone);
    expect(left).toContain('meta');
  });

  test('a queue that does not exist is an error of usage that names one that does', async () => {
    await using dead = await bullQueue();
    await dead.send(['{}']);
    const address = `bullmq:order?prefix=${dead.prefix}`;

    await expect(openSource([address], { env: dead.env, queue: OPTIONS })).rejects.toMatchObject({
      code: 'source_not_found',
      hint: 'did you mean "orders"?',
    });
  });
});
