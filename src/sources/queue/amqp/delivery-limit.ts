import type { ConsumeMessage } from 'amqplib';
import { CannotEvaluateError } from '../../../errors.js';
import type { AmqpAddress } from './address.js';
import type { AmqpSession } from './connect.js';
import { returnsOf } from './letter-of-message.js';
import type { QueueKind } from './queue-kind.js';

/** The default of RabbitMQ 4.0 and later (release notes 4.0.1). Policies may set another and cannot be seen over AMQP. */
const DEFAULT_LIMIT = 20;

/** How often a message of a quorum queue may be given back; one more, and the server drops or dead-letters it. */
export interface DeliveryLimit {
  readonly returns: number;
  /** Whether it is certain that there is one. */
  readonly isCertain: boolean;
}

/** The delivery limit of a queue; undefined where there is none. Where it cannot be known the default is assumed. */
export function deliveryLimitOf(
  { type, limitArgument }: QueueKind,
  { deliveryLimit }: AmqpAddress,
  serverVersion: string,
): DeliveryLimit | undefined {
  if (type === 'classic' || type === 'stream') return undefined;
  const known = deliveryLimit ?? limitArgument;
  if (known !== undefined) return known < 0 ? undefined : { returns: known, isCertain: true };
  return { returns: DEFAULT_LIMIT, isCertain: type === 'quorum' && Number.parseInt(serverVersion, 10) >= 4 };
}

/** Whether a message should not be given back any more: two returns are kept for connections that break. */
export function isNearLimit(message: ConsumeMessage, limit: DeliveryLimit | undefined): boolean {
  const returns = returnsOf(message);
  return limit !== undefined && returns !== undefined && returns >= Math.max(1, limit.returns - 1);
}

/**
 * Puts a message back as a new copy, whose deliveries are counted from nothing, and only then removes the old one.
 * @throws CannotEvaluateError `delivery_limit` when the server takes no copy: nothing was removed then.
 */
export async function startAfresh(
  { channel }: AmqpSession,
  message: ConsumeMessage,
  { queue, label }: AmqpAddress,
): Promise<void> {
  const { headers = {}, ...properties } = message.properties;
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !COUNTERS.includes(name)));
  let isReturned = false;
  const returned = () => {
    isReturned = true;
  };
  channel.once('return', returned);
  try {
    await new Promise<void>((resolve, reject) => {
      const options = { ...properties, headers: kept, persistent: true, mandatory: true };
      channel.sendToQueue(queue, message.content, options, (error: unknown) => (error ? reject(error) : resolve()));
    });
    if (isReturned) throw new Error('it could not be routed back to the queue');
  } catch (cause) {
    throw new CannotEvaluateError(
      `${label}: a message has been given back ${returnsOf(message)} times, the server destroys it when its delivery limit is passed, and a new copy of it was not taken`,
      {
        code: 'delivery_limit',
        hint: 'raise the limit with a policy (delivery-limit) before anything else touches the queue',
        cause,
      },
    );
  } finally {
    channel.off('return', returned);
  }
  channel.ack(message);
}

const COUNTERS = ['x-delivery-count', 'x-acquired-count'];
