import { connect } from 'amqplib';
import { bodyOf, type Filled, numbers } from './filled.js';

/** A durable queue of persistent messages on a server that may be killed. */
export async function filledRabbit(url: string): Promise<Filled> {
  const name = 'orders-dlq';
  /** A connection does not outlive its server. */
  const withChannel = async <T>(work: (channel: Awaited<ReturnType<typeof open>>['channel']) => Promise<T>) => {
    const { connection, channel } = await open(url);
    try {
      return await work(channel);
    } finally {
      await connection.close();
    }
  };
  await withChannel(async (channel) => {
    await channel.assertQueue(name, { durable: true });
    const headers = { 'x-death': [{ reason: 'rejected', queue: 'orders', count: 1 }] };
    for (const n of numbers) {
      channel.sendToQueue(name, Buffer.from(bodyOf(n)), { persistent: true, messageId: `m${n}`, headers });
    }
    await channel.waitForConfirms();
  });
  return {
    address: `${url}/?queue=${name}`,
    env: {},
    waiting: () => withChannel(async (channel) => (await channel.checkQueue(name)).messageCount),
    async [Symbol.asyncDispose]() {},
  };
}

async function open(url: string) {
  const connection = await connect(url);
  connection.on('error', () => undefined);
  return { connection, channel: await connection.createConfirmChannel() };
}
