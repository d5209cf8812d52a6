import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { connect as connectRabbit } from 'amqplib';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { replay, rowsIn, startReplay, until } from '../../replay/replaying.js';
import { folderWith } from '../../support/cli.js';
import { createDatabase } from '../../support/postgres.js';
import { findService } from '../../support/services.js';
import { startSqs } from '../../support/sqs.js';
import { rabbitmq, rabbitQueue, url } from './rabbitmq.js';
import { redisService, redisUrl, testRedis } from './redis.js';

const sqs = await startSqs();
const nats = await findService('nats');
afterAll(async () => {
  await sqs[Symbol.asyncDispose]();
  await nats?.[Symbol.asyncDispose]();
});

interface Followed extends AsyncDisposable {
  readonly address: string;
  readonly env: Readonly<Record<string, string>>;
  send(bodies: readonly string[]): Promise<void>;
  /** Messages that can be received at once. */
  ready(): Promise<number>;
}

const bodies = (from: number, to: number) =>
  Array.from(
    { length: to - from },
    (_, n) => `{"event_id":"e${from + n}","name":"tide","occurred_at":"2019-07-01T00:00:00Z"}`,
  );
const broken = (n: number) => `{"event_id":"broken-${n}`;

async function ofSqs(name: string): Promise<Followed> {
  const dead = await sqs.deadLetters(name);
  return {
    address: `sqs:${name}?wait=1&visibility=300`,
    env: sqs.env,
    send: dead.send,
    async ready() {
      let count = 0;
      for (;;) {
        const ask = new ReceiveMessageCommand({ QueueUrl: dead.url, MaxNumberOfMessages: 10, VisibilityTimeout: 300 });
        const { Messages = [] } = await sqs.client.send(ask);
        if (Messages.length === 0) return count;
        count += Messages.length;
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function ofNats(name: string) {
  const connection = await connect({ servers: `${nats?.host}:${nats?.port}` });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name, subjects: [`test.${name}`], retention: 'workqueue' });
  const client = jetstream(connection);
  const made = {
    address: `nats://${nats?.host}:${nats?.port}/${name}`,
    env: {},
    async send(texts: readonly string[]) {
      await Promise.all(texts.map((text) => client.publish(`test.${name}`, text)));
    },
    /** How often each message that is left has been delivered, once it has come again. */
    async deliveries() {
      const consumer = await client.consumers.get(name, 'respool');
      const counts: number[] = [];
      const { messages: left } = (await manager.streams.info(name)).state;
      for await (const message of await consumer.fetch({ max_messages: left, expires: 5_000 })) {
        counts.push(message.info.deliveryCount);
      }
      return counts;
    },
    // What is given back comes again after 1.2 seconds, although it would be ours for 120.
    ready: async () => (await made.deliveries()).length,
    async [Symbol.asyncDispose]() {
      await manager.streams.delete(name);
      await connection.close();
    },
  };
  return made;
}

async function ofSidekiq(): Promise<Followed> {
  const { redis, prefix, [Symbol.asyncDispose]: clean } = await testRedis();
  let score = 1_795_000_000;
  return {
    address: `sidekiq:dead?namespace=${prefix}`,
    env: { REDIS_URL: redisUrl },
    async send(texts) {
      for (const text of texts) {
        // A job is JSON as a whole: what is broken is a text in it, and no event.
        const argument = text.endsWith('}') ? text : JSON.stringify(text);
        await redis.zadd(`${prefix}:dead`, score, `{"class":"Job","jid":"j${score++}","args":[${argument}]}`);
      }
    },
    ready: () => redis.zcard(`${prefix}:dead`),
    [Symbol.asyncDispose]: clean,
  };
}

async function ofRabbit(): Promise<Followed> {
  const queue = await rabbitQueue();
  const connection = await connectRabbit(url);
  const channel = await connection.createConfirmChannel();
  const headers = { 'x-death': [{ reason: 'rejected', queue: 'orders', count: 1 }] };
  return {
    ...queue,
    async send(texts: readonly string[]) {
      for (const text of texts) channel.sendToQueue(queue.name, Buffer.from(text), { headers });
      await channel.waitForConfirms();
    },
    ready: queue.waiting,
    async [Symbol.asyncDispose]() {
      await connection.close();
      await queue[Symbol.asyncDispose]();
    },
  };
}

const QUEUES: readonly [string, () => Promise<Followed>, unknown][] = [
  ['sqs:', () => ofSqs('follow-dlq'), true],
  ['nats:', () => ofNats('follow_dlq'), nats],
  ['sidekiq:', ofSidekiq, redisService],
  ['amqp:', ofRabbit, rabbitmq],
];

describe.each(QUEUES)('%s', (_, make, service) => {
  test.runIf(service)('--follow goes on with what comes, until Ctrl-C gives back what is held', async () => {
    await using queue = await make();
    await using database = await createDatabase();
    await using folder = await folderWith();
    await queue.send([...bodies(0, 30), broken(1)]);
    const args = [queue.address, '--to', database.url, '--follow'];
    const call = { cwd: folder.path, env: queue.env };
    const run = startReplay(args, call);
    onTestFinished(() => void run.child.kill('SIGKILL'));
    await until(async () => (await rowsIn(database)) === 30);
    await queue.send([...bodies(30, 50), broken(2)]);
    await until(async () => (await rowsIn(database)) === 50);
    run.child.kill('SIGINT');
    const { status, report } = await run.end;

    expect(status).toBe(130);
    expect(report).toMatchObject({ balanced: true, complete: false, stoppedBy: { code: 'interrupted' } });
    expect(report.source).toMatchObject({ acked: 50, left: 2 });
    // Some services give it out again a moment later.
    await expect.poll(queue.ready, { timeout: 10_000, interval: 500 }).toBe(2);
    expect(await rowsIn(database)).toBe(50);
  });
});

test.runIf(redisService).each([
  ['what makes going on senseless', ['--max-rejected', '1'], 1, [broken(1), broken(2), broken(3)]],
  ['state that cannot be saved', [], 2, bodies(1, 2)],
] as const)('--follow ends at once on %s, and waits for no further message', async (_, flags, expected, texts) => {
  await using queue = await ofSidekiq();
  await using database = await createDatabase();
  await using folder = await folderWith();
  await queue.send(bodies(0, 1));
  const args = [queue.address, '--to', database.url, '--follow', '--id', 'event_id', '--time', 'occurred_at', ...flags];
  const run = startReplay(args, { cwd: folder.path, env: queue.env });
  onTestFinished(() => void run.child.kill('SIGKILL'));
  await until(async () => (await rowsIn(database)) === 1);
  await sleep(1_000);
  if (expected === 2) await rm(join(folder.path, '.respool', 'runs'), { recursive: true });
  await queue.send(texts);
  const { status } = await run.end;

  expect(status).toBe(expected);
});

test('--limit receives no more than it needs, and the others stay as they were', async () => {
  await using database = await createDatabase();
  await using folder = await folderWith();
  const dead = await sqs.deadLetters('limit-dlq');
  await dead.send(bodies(0, 300));
  const args = ['sqs:limit-dlq?wait=1&visibility=300', '--to', database.url];
  const how = ['--limit', '100', '--batch', '20'];
  const { status, report } = await replay([...args, ...how], { cwd: folder.path, env: sqs.env });

  expect(status).toBe(0);
  expect(report).toMatchObject({ read: 100, balanced: true, source: { acked: 100, left: 0 } });
  const counts: string[] = [];
  for (;;) {
    const ask = new ReceiveMessageCommand({
      QueueUrl: dead.url,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 300,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    });
    const { Messages = [] } = await sqs.client.send(ask);
    if (Messages.length === 0) break;
    counts.push(...Messages.map(({ Attributes }) => Attributes?.ApproximateReceiveCount ?? ''));
  }
  expect(counts).toEqual(Array.from({ length: 200 }, () => '1'));
});

test.runIf(nats)('--limit asks a stream of NATS for no message ahead', async () => {
  await using queue = await ofNats('limit_dlq');
  await using database = await createDatabase();
  await using folder = await folderWith();
  await queue.send(bodies(0, 300));
  const args = [queue.address, '--to', database.url, '--limit', '100', '--batch', '20'];
  const { status, report } = await replay(args, { cwd: folder.path, env: queue.env });

  expect(status).toBe(0);
  expect(report).toMatchObject({ read: 100, balanced: true, source: { acked: 100, left: 0 } });
  expect(await queue.deliveries()).toEqual(Array.from({ length: 200 }, () => 1));
});

test('--limit counts what the filter lets through: the others are passed over', async () => {
  await using database = await createDatabase();
  await using folder = await folderWith();
  const dead = await sqs.deadLetters('choosy-dlq');
  await dead.send([...bodies(0, 200), ...bodies(200, 220).map((body) => body.replace('tide', 'storm'))]);
  const args = ['sqs:choosy-dlq?wait=1&visibility=300', '--to', database.url, '--event', 'storm', '--limit', '10'];
  const { status, report } = await replay(args, { cwd: folder.path, env: sqs.env });

  expect(status).toBe(0);
  expect(report).toMatchObject({ balanced: true, sinks: [{ accepted: 10 }], source: { acked: 10 } });
  expect(await dead.waiting()).toBe(210);
});
