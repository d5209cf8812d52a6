import type { ConsumeMessage } from 'amqplib';
import type { AmqpSession } from './connect.js';

/** A delivery that we hold: good on its channel only. */
export interface Delivery {
  readonly message: ConsumeMessage;
  readonly session: AmqpSession;
  /** Tells it from all others of this consumer. */
  readonly key: string;
  readonly receivedMs: number;
}

/**
 * The last of some deliveries in front of which no other is held: one word to the server settles all up to it.
 * @param held everything that is held on the channel, in the order of its tags.
 */
export function lastOfPrefix(held: Iterable<Delivery>, some: readonly Delivery[]): ConsumeMessage | undefined {
  const wanted = new Set(some);
  let last: ConsumeMessage | undefined;
  for (const delivery of held) {
    if (!wanted.has(delivery)) break;
    last = delivery.message;
  }
  return last;
}
