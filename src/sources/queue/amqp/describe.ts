import type { Letter } from '../../letter.js';
import type { QueueDescription } from '../driver.js';
import type { AmqpAddress } from './address.js';
import type { AmqpSession } from './connect.js';
import type { DeliveryLimit } from './delivery-limit.js';
import { letterOf } from './letter-of-message.js';
import type { QueueKind } from './queue-kind.js';

interface Known {
  readonly address: AmqpAddress;
  readonly kind: QueueKind;
  readonly limit: DeliveryLimit | undefined;
}

/** What can be said of a queue without taking anything from it. AMQP says neither age nor expiry of its messages. */
export async function describeQueue(session: AmqpSession, { address, kind, limit }: Known): Promise<QueueDescription> {
  const { messageCount, consumerCount } = await session.channel.checkQueue(address.queue);
  const warnings = warningsOf(kind, limit);
  if (consumerCount > 0) warnings.push(`${consumerCount} other consumers take messages from this queue`);
  return {
    // The queue that points here cannot be seen from here: its messages have to tell.
    isDeadLetters: undefined,
    why: `a ${kind.type === 'unknown' ? '' : `${kind.type} `}queue of RabbitMQ ${session.serverVersion}`,
    ready: messageCount,
    warnings,
    ...(limit?.isCertain === true && { danger: dangerOf(limit) }),
    ...(limit === undefined && { peek: (most: number) => peek(session, address.queue, most) }),
  };
}

function dangerOf({ returns }: DeliveryLimit): string {
  return `each look counts as a delivery, and a message that is given back more than ${returns} times is destroyed by the server (its delivery limit)`;
}

function warningsOf({ type, limitArgument }: QueueKind, limit: DeliveryLimit | undefined): string[] {
  if (type === 'unknown') {
    return [
      'whether this queue has a delivery limit cannot be seen without the right to configure it; 20 is assumed (?delivery-limit= tells it)',
    ];
  }
  if (limit === undefined || limitArgument !== undefined) return [];
  return [
    `messages that are given back count as delivered, and a policy may limit that: ${limit.returns} is assumed (?delivery-limit= tells it)`,
  ];
}

/** Looks at the first messages on a channel of its own: closing it puts them back where they were. */
async function peek({ connection }: AmqpSession, queue: string, most: number): Promise<readonly Letter[]> {
  const channel = await connection.createChannel();
  channel.on('error', () => {});
  const letters: Letter[] = [];
  while (letters.length < most) {
    const message = await channel.get(queue);
    if (message === false) break;
    letters.push(letterOf(message, queue));
  }
  await channel.close();
  return letters;
}
