import { randomUUID } from 'node:crypto';
import { connect, type Options } from 'amqplib';
import { findService } from '../../support/services.js';
import type { QueueUnderTest } from '../queue-contract.js';

export const rabbitmq = await findService('rabbitmq');
export const url = `amqp://guest:guest@${rabbitmq?.host}:${rabbitmq?.port}`;

/** A dead-letter queue and the queue that feeds it. */
export interface RabbitQueue extends QueueUnderTest {
  readonly name: string;
  /** Sends messages straight into the dead-letter queue: they carry no mark of a dead letter. */
  put(bodies: readonly (string | Buffer)[], options?: Options.Publish): Promise<void>;
}

/** Makes a queue that dead letters go to: `send` lets them die by their time to live. */
export async function rabbitQueue(options: Options.AssertQueue['arguments'] = {}): Promise<RabbitQueue> {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  const name = `respool-${randomUUID()}`;
  const origin = `${name}-origin`;
  await channel.assertQueue(name, { durable: true, arguments: options });
  const deadLetters = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': name };
  await channel.assertQueue(origin, { durable: true, arguments: deadLetters });
  const count = async () => (await channel.checkQueue(name)).messageCount;
  const publish = async (queue: string, bodies: readonly (string | Buffer)[], publishing: Options.Publish = {}) => {
    for (const body of bodies) {
      channel.sendToQueue(queue, Buffer.from(body), { persistent: true, messageId: randomUUID(), ...publishing });
    }
    await channel.waitForConfirms();
  };
  const isStream = options?.['x-queue-type'] === 'stream';
  let sent = 0;
  const arrived = async () => {
    // How many messages a stream holds is not told at once.
    if (isStream) return;
    for (let tries = 0; (await count()) < sent; tries++) {
      if (tries > 300) throw new Error(`${name} holds ${await count()} of ${sent} messages`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  /** A quorum queue counts a moment later what it was given back. */
  const settled = async () => {
    let last = -1;
    for (let same = 0; same < 3; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const now = await count();
      same = now === last ? same + 1 : 0;
      last = now;
    }
    return last;
  };
  return {
    name,
    address: `${url}/?queue=${name}`,
    env: {},
    async send(bodies) {
      if (isStream) await publish(name, bodies);
      else await publish(origin, bodies, { expiration: '1' });
      sent += bodies.length;
      await arrived();
    },
    async put(bodies, publishing) {
      await publish(name, bodies, publishing);
      sent += bodies.length;
      await arrived();
    },
    waiting: async () => (isStream ? sent : settled()),
    async [Symbol.asyncDispose]() {
      await channel.deleteQueue(name);
      await channel.deleteQueue(origin);
      await connection.close();
    },
  };
}
