import type { AmqpSession } from './connect.js';
import { reasonOf } from './errors.js';

/** What a queue is, as far as AMQP lets it be found out. */
export interface QueueKind {
  readonly type: 'classic' | 'quorum' | 'stream' | 'unknown';
  /** The delivery limit among its arguments; policies cannot be seen over AMQP. */
  readonly limitArgument: number | undefined;
}

/**
 * Asks for the arguments of a queue that is there. AMQP has no way to read them, but a declaration that differs is
 * refused with the value that the queue has. Each declaration here holds a value of a wrong type, so that it is
 * refused also when the queue has gone meanwhile: it never makes one. Without the right to configure nothing is known.
 */
export async function kindOfQueue(session: AmqpSession, queue: string): Promise<QueueKind> {
  const answer = await refusal(session, queue, { 'x-queue-type': 'respool-asks' });
  if (/inequivalent arg 'durable'/u.test(answer)) return { type: 'classic', limitArgument: undefined };
  const [, type] = /inequivalent arg 'x-queue-type'.*current is (none|'\w+')/u.exec(answer) ?? [];
  if (type === "'stream'") return { type: 'stream', limitArgument: undefined };
  if (type === 'none' || type === "'classic'") return { type: 'classic', limitArgument: undefined };
  if (type !== "'quorum'") return { type: 'unknown', limitArgument: undefined };
  const limit = await refusal(session, queue, {
    'x-queue-type': 'quorum',
    'x-delivery-limit': 'respool-asks',
    'x-message-ttl': 'respool-asks',
  });
  const [, current] = /inequivalent arg 'x-delivery-limit'.*current is '?(-?\d+)/u.exec(limit) ?? [];
  return { type: 'quorum', limitArgument: current === undefined ? undefined : Number(current) };
}

/** What the server says against a declaration. A refusal closes the channel, so each has one of its own. */
async function refusal({ connection }: AmqpSession, queue: string, args: Record<string, string>): Promise<string> {
  const channel = await connection.createChannel();
  channel.on('error', () => {});
  try {
    await channel.assertQueue(queue, { durable: true, arguments: args });
    await channel.close();
    return '';
  } catch (error) {
    return reasonOf(error);
  }
}
