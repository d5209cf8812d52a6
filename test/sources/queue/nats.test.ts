import { randomUUID } from 'node:crypto';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, describe, expect, test } from 'vitest';
import { openSource } from '../../../src/sources/open.js';
import type { PartFailure, RawBatch, Source } from '../../../src/sources/source.js';
import { letterText } from '../../support/letter-text.js';
import { findService } from '../../support/services.js';
import { queueContract } from '../queue-contract.js';

const service = await findService('nats');
const { host, port } = service ?? { host: '127.0.0.1', port: 4222 };
const connection = service && (await connect({ servers: `${host}:${port}` }));
afterAll(async () => {
  await connection?.close();
  await service?.[Symbol.asyncDispose]();
});
const queue = { follow: false, keep: false, ackRejected: false, liveQueue: false, snapshot: undefined };
const signal = new AbortController().signal;

async function read(source: Source) {
  const read: (RawBatch | PartFailure)[] = [];
  for await (const each of source.batches([], signal)) read.push(each);
  return read;
}

/** A stream of its own, deleted at the end. */
async function make(options: { retention?: 'limits' | 'workqueue'; name?: string; subject?: string } = {}) {
  if (connection === undefined) throw new Error('no server');
  const manager = await jetstreamManager(connection);
  const stream = `${options.name ?? 'dlq'}_${randomUUID().slice(0, 8)}`;
  const subject = options.subject ?? `respool.${stream}`;
  await manager.streams.add({ name: stream, subjects: [subject], retention: options.retention ?? 'limits' });
  const client = jetstream(connection);
  return {
    stream,
    manager,
    client,
    address: `nats://${host}:${port}/${stream}`,
    env: {},
    async send(bodies: readonly string[]) {
      await Promise.all(bodies.map((body) => client.publish(subject, body)));
    },
    async waiting() {
      const info = await manager.consumers.info(stream, 'respool').catch(() => undefined);
      if (info !== undefined) return info.num_pending + info.num_ack_pending;
      return (await manager.streams.info(stream)).state.messages;
    },
    async [Symbol.asyncDispose]() {
      await manager.streams.delete(stream);
    },
  };
}

describe.runIf(service !== undefined).concurrent('nats', () => {
  queueContract('nats, a stream that keeps everything', () => make());
  queueContract('nats, a work queue', () => make({ retention: 'workqueue' }));

  test('a stream that is not there is an error of usage', async () => {
    await expect(openSource([`nats://${host}:${port}/nowhere`], { queue })).rejects.toMatchObject({
      code: 'source_not_found',
      exitCode: 3,
    });
  });

  test('a stream whose name and messages say nothing of dead letters is refused', async () => {
    await using live = await make({ name: 'orders' });
    await live.send(['{"id":1}']);
    await using source = await openSource([live.address], { queue });
    const outcomes = await read(source);

    expect(outcomes).toMatchObject([{ kind: 'failure', error: { code: 'live_queue' } }]);
  });

  test('a mere look makes no consumer and acknowledges nothing', async () => {
    await using dead = await make({ retention: 'workqueue' });
    await dead.send(['{"id":1}', '{"id":2}']);
    await using source = await openSource([dead.address], { queue, dryRun: true });
    const [batch] = await read(source);

    expect(batch).toMatchObject({ kind: 'batch', lines: 2 });
    expect(await dead.manager.consumers.list(dead.stream).next()).toEqual([]);
    expect(await dead.waiting()).toBe(2);
  });

  test('an advisory stands for the message that the server gave up, which is fetched', async () => {
    await using orders = await make({ name: 'orders' });
    const name = `worker_${orders.stream}`;
    await using advisories = await make({
      subject: `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${orders.stream}.${name}`,
    });
    await orders.send(['{"id":"lost"}']);
    await orders.manager.consumers.add(orders.stream, {
      durable_name: name,
      ack_policy: 'explicit',
      max_deliver: 1,
      ack_wait: 200_000_000,
    });
    const worker = await orders.client.consumers.get(orders.stream, name);
    await worker.next();
    while ((await advisories.waiting()) === 0) await worker.next({ expires: 1_000 });
    await using source = await openSource([advisories.address], { queue });
    const [batch] = await read(source);

    if (batch?.kind !== 'batch') throw batch?.error;
    expect(JSON.parse(letterText(batch))).toMatchObject({
      ...{ kind: 'nats', queue: orders.stream, id: '1', body: '{"id":"lost"}', deliveries: 1 },
      error: { class: 'max_deliver' },
    });
  });
});
