import { randomUUID } from 'node:crypto';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { findService } from '../../support/services.js';
import { bodyOf, type Filled, numbers } from './filled.js';

export const natsService = await findService('nats');

/** A work queue of JetStream: what is acknowledged is gone from the server. */
export async function filledNats({ host, port } = natsService ?? { host: '', port: 0 }): Promise<Filled> {
  const connection = await connect({ servers: `${host}:${port}`, maxReconnectAttempts: -1, reconnectTimeWait: 200 });
  const manager = await jetstreamManager(connection);
  const client = jetstream(connection);
  const stream = `dlq_${randomUUID().slice(0, 8)}`;
  await manager.streams.add({ name: stream, subjects: [`chaos.${stream}`], retention: 'workqueue' });
  for (let at = 0; at < numbers.length; at += 500) {
    await Promise.all(numbers.slice(at, at + 500).map((n) => client.publish(`chaos.${stream}`, bodyOf(n))));
  }
  return {
    address: `nats://${host}:${port}/${stream}?ackwait=5`,
    env: {},
    comesBackAfterMs: 5_000,
    waiting: async () => (await manager.streams.info(stream)).state.messages,
    async [Symbol.asyncDispose]() {
      await manager.streams.delete(stream);
      await connection.close();
    },
  };
}
