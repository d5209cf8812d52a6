import { describe, expect, test } from 'vitest';
import { type QueueUnderTest, queueContract } from '../queue-contract.js';
import { drain, OPTIONS, openQueueOf } from './draining.js';
import { redisService, redisUrl, type TestRedis, testRedis } from './redis.js';

interface JobQueue extends QueueUnderTest {
  readonly server: TestRedis;
}

/** `body` as it is: what a job holds is for the envelopes to find. */
const DIED_S = 1_756_000_001.25;

async function deadSet(name: 'dead' | 'retry' = 'dead'): Promise<JobQueue> {
  const server = await testRedis();
  const key = `${server.prefix}:${name}`;
  return {
    server,
    address: `sidekiq:${name}?namespace=${server.prefix}`,
    env: { REDIS_URL: redisUrl },
    // Many deaths at the same instant: members of one score are in the order of their bytes.
    send: async (bodies) => {
      for (const body of bodies) await server.redis.zadd(key, DIED_S, body);
    },
    waiting: () => server.redis.zcard(key),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function resqueList(): Promise<JobQueue> {
  const server = await testRedis();
  const key = `${server.prefix}:failed`;
  return {
    server,
    address: `resque:failed?namespace=${server.prefix}`,
    env: { REDIS_URL: redisUrl },
    send: async (bodies) => {
      for (const body of bodies) await server.redis.rpush(key, body);
    },
    waiting: () => server.redis.llen(key),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const job = (n: number, more: object = {}) =>
  JSON.stringify({ class: 'ChargeJob', jid: `jid${n}`, queue: 'default', args: [{ n }], ...more });

describe.runIf(redisService)('Sidekiq and Resque', () => {
  queueContract('sidekiq:dead', () => deadSet());
  queueContract('sidekiq:retry', () => deadSet('retry'));
  queueContract('resque:failed', resqueList);

  test('a user who may read and not remove is told so, and every job stays', async () => {
    await using dead = await deadSet();
    await dead.send([job(1)]);
    const { redis, prefix } = dead.server;
    await redis.call(
      'ACL',
      'SETUSER',
      prefix,
      'on',
      '>secret',
      '~*',
      '+@read',
      '+@connection',
      '+eval',
      '+evalsha',
      '+info',
    );
    try {
      const url = new URL(redisUrl);
      const mere = { ...dead, env: { REDIS_URL: `redis://${prefix}:secret@${url.host}` } };

      await expect(drain(mere, 'take')).rejects.toMatchObject({
        code: 'source_permission_denied',
        message: expect.stringContaining('not every command'),
      });
      expect(await dead.waiting()).toBe(1);
    } finally {
      await redis.call('ACL', 'DELUSER', prefix);
    }
  });

  test('a letter tells what Sidekiq knows of its job, in seconds before version 8 and milliseconds since', async () => {
    await using dead = await deadSet();
    const error = { error_class: 'RuntimeError', error_message: 'boom', retry_count: 24, wrapped: 'Inner' };
    await dead.send([
      job(1, { ...error, created_at: 1_756_000_000_000, failed_at: 1_756_000_001_000 }),
      job(2, { created_at: 1_756_000_000.5 }),
    ]);
    const { letters } = await drain(dead, 'take');

    expect(letters).toMatchObject([
      {
        id: 'jid1',
        name: 'Inner',
        origin: 'default',
        deliveries: 25,
        sentAt: '2025-08-24T01:46:40.000Z',
        failedAt: '2025-08-24T01:46:41.000Z',
        error: { class: 'RuntimeError', message: 'boom' },
      },
      { id: 'jid2', name: 'ChargeJob', sentAt: '2025-08-24T01:46:40.500Z' },
    ]);
  });

  test('more jobs than a page, of few scores and longer than any, are read once each while others are removed', async () => {
    await using dead = await deadSet();
    const { redis, prefix } = dead.server;
    const pipeline = redis.pipeline();
    for (let n = 0; n < 3_500; n++)
      pipeline.zadd(`${prefix}:dead`, DIED_S + (n % 2), job(n, { pad: 'é'.repeat(n % 7) }));
    await pipeline.exec();
    const { letters, tally } = await drain(dead, 'take');

    expect(new Set(letters.map(({ id }) => id)).size).toBe(3_500);
    expect(tally).toMatchObject({ acked: 3_500, left: 0 });
    expect(await dead.waiting()).toBe(0);
  });

  test('a job that somebody else took meanwhile is told, and one that changed is not touched', async () => {
    await using dead = await deadSet();
    await dead.send([job(1), job(2), job(3)]);
    const { redis, prefix } = dead.server;
    await using source = await openQueueOf(dead);
    for await (const batch of source.batches([], new AbortController().signal)) {
      if (batch.kind === 'failure') throw batch.error;
      await redis.zrem(`${prefix}:dead`, job(1), job(2));
      await dead.send([job(2, { retry_count: 1 })]);
      await batch.settle({ takenLines: [0, 1, 2], quarantinedLines: [] });
    }

    expect(source.tally?.()).toMatchObject({ acked: 1, left: 2, notes: [expect.stringContaining('2 messages')] });
    expect(await redis.zrange(`${prefix}:dead`, 0, '-1')).toEqual([job(2, { retry_count: 1 })]);
  });

  test('jobs that die while the set is drained are left for the next run', async () => {
    await using dead = await deadSet();
    await dead.send([job(1)]);
    const { redis, prefix } = dead.server;
    await using source = await openQueueOf(dead);
    let jobs = 0;
    for await (const batch of source.batches([], new AbortController().signal)) {
      if (batch.kind === 'failure') throw batch.error;
      jobs += batch.lines ?? 0;
      await redis.zadd(`${prefix}:dead`, DIED_S + 1, job(2));
      await batch.settle({ takenLines: [0], quarantinedLines: [] });
    }

    expect(jobs).toBe(1);
    expect(await dead.waiting()).toBe(1);
  });

  test('bytes that are no UTF-8, no JSON, empty or YAML with ruby tags come through as they are', async () => {
    await using dead = await deadSet();
    const { redis, prefix } = dead.server;
    const yaml = '--- !ruby/object:Delayed::PerformableMethod\nobject: !ruby/object:User\n  attributes: {id: 7}\n';
    const members = [Buffer.from([0xff, 0xfe, 0x00]), Buffer.from('{"half'), Buffer.from(yaml)];
    for (const [at, member] of members.entries()) await redis.zadd(`${prefix}:dead`, at, member);
    const { letters, tally } = await drain(dead, 'quarantine', { ackRejected: true });

    expect(letters).toMatchObject([{ bodyBase64: '//4A' }, { body: '{"half' }, { body: yaml }]);
    expect(tally).toMatchObject({ acked: 3 });
    expect(await dead.waiting()).toBe(0);
  });

  test('a queue that workers still take from needs --live-queue, and is read from its oldest end', async () => {
    await using dead = await deadSet();
    const { redis, prefix } = dead.server;
    await redis.sadd(`${prefix}:queues`, 'default');
    for (let n = 0; n < 2_200; n++) await redis.lpush(`${prefix}:queue:default`, job(n));
    const live = { address: `sidekiq:default?namespace=${prefix}`, env: dead.env };

    await expect(openQueueOf(live)).rejects.toMatchObject({ code: 'live_queue', exitCode: 3 });
    const { letters, tally } = await drain(live, 'take', { liveQueue: true });
    expect(letters.map(({ id }) => id)).toEqual(Array.from({ length: 2_200 }, (_, n) => `jid${n}`));
    expect(tally).toMatchObject({ acked: 2_200 });
    expect(await redis.llen(`${prefix}:queue:default`)).toBe(0);
  });

  test('a failure of Resque gives its arguments, and one of two that are alike is removed for each', async () => {
    await using dead = await resqueList();
    const entry = JSON.stringify({
      failed_at: '2026/01/12 10:00:00 UTC',
      payload: { class: 'ChargeJob', args: [{ n: 12345678901234567890n.toString() }] },
      exception: 'RuntimeError',
      error: 'boom',
      queue: 'default',
    });
    await dead.send([entry, entry]);
    const { letters, tally } = await drain(dead, 'take');

    expect(letters).toMatchObject([
      {
        name: 'ChargeJob',
        failedAt: '2026-01-12T10:00:00Z',
        error: { class: 'RuntimeError' },
        body: '[{"n":"12345678901234567890"}]',
      },
      { name: 'ChargeJob' },
    ]);
    expect(tally).toMatchObject({ acked: 2 });
    expect(await dead.waiting()).toBe(0);
  });

  test('a server that is not there, and a password that is wrong, are told without the password', async () => {
    const nowhere = { address: 'sidekiq:dead', env: { REDIS_URL: 'redis://:hunter2secret@127.0.0.1:1' } };

    const error = await openQueueOf(nowhere).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'queue_unreachable', exitCode: 4 });
    expect(String(error)).not.toContain('hunter2secret');
  });

  test('what lies under the name and is no such set is an error, not an empty queue', async () => {
    await using dead = await deadSet();
    await dead.server.redis.set(`${dead.server.prefix}:dead`, 'text');

    await expect(openQueueOf(dead, OPTIONS)).rejects.toMatchObject({ code: 'source_unreadable', exitCode: 2 });
  });
});
