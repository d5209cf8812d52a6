import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
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

/**
 * Whether a message should not be given back any more. Half of the returns are kept for connections that break and
 * processes that die with it before they could do anything about it.
 */
export function isNearLimit(message: ConsumeMessage, limit: DeliveryLimit | undefined): boolean {
  const returns = returnsOf(message);
  return limit !== undefined && returns !== undefined && returns >= Math.max(1, Math.floor(limit.returns / 2));
}

/**
 * Puts messages back as new copies, whose deliveries are counted from nothing, and only then removes the old ones.
 * @throws CannotEvaluateError `delivery_limit` when the server takes no copy of some: those were not removed.
 */
export async function startAfresh(
  { channel }: AmqpSession,
  messages: readonly ConsumeMessage[],
  { queue, label }: AmqpAddress,
): Promise<void> {
  let unroutable = 0;
  const returned = () => {
    unroutable++;
  };
  channel.on('return', returned);
  const answers = await Promise.allSettled(messages.map((message) => publishCopy(channel, message, queue)));
  channel.off('return', returned);
  // Which of them could not be routed is not told; to this queue none can be then.
  const isTaken = (at: number) => unroutable === 0 && answers[at]?.status === 'fulfilled';
  for (const [at, message] of messages.entries()) if (isTaken(at)) channel.ack(message);
  const refused = answers.findIndex((_, at) => !isTaken(at));
  if (refused < 0) return;
  const [message, answer] = [messages[refused], answers[refused]];
  const cause = answer?.status === 'rejected' ? answer.reason : new Error('it could not be routed back to the queue');
  throw new CannotEvaluateError(
    `${label}: a message has been given back ${message && returnsOf(message)} times, the server destroys it when its delivery limit is passed, and a new copy of it was not taken`,
    {
      code: 'delivery_limit',
      hint: 'raise the limit with a policy (delivery-limit) before anything else touches the queue',
      cause,
    },
  );
}

/** Resolves once the server has the copy for good. */
function publishCopy(channel: ConfirmChannel, { properties, content }: ConsumeMessage, queue: string): Promise<void> {
  const { headers = {}, ...others } = properties;
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !COUNTERS.includes(name)));
  const options = { ...others, headers: kept, persistent: true, mandatory: true };
  return new Promise((resolve, reject) => {
    channel.sendToQueue(queue, content, options, (error: unknown) => (error ? reject(error) : resolve()));
  });
}

const COUNTERS = ['x-delivery-count', 'x-acquired-count'];
