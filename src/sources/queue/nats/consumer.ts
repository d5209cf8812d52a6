import type { ConsumerConfig, ConsumerInfo } from '@nats-io/jetstream';
import type { NatsAddress } from './address.js';
import type { Nats } from './connect.js';

/** The server's code for a consumer that there is not. */
const NO_CONSUMER = 10_014;
const NANOSECONDS = 1_000_000_000;

/**
 * The durable consumer of an address, made when it is not there. It counts no deliveries and bounds nothing, so that
 * what stays unacknowledged costs nothing.
 */
export async function openConsumer({ manager }: Nats, address: NatsAddress): Promise<ConsumerInfo> {
  const { stream, consumer, subject, ackWait } = address;
  const known = await findConsumer({ manager }, address);
  if (known !== undefined) return known;
  return manager.consumers.add(stream, {
    durable_name: consumer,
    ack_policy: 'explicit',
    deliver_policy: 'all',
    ack_wait: ackWait * NANOSECONDS,
    max_deliver: -1,
    max_ack_pending: -1,
    ...(subject !== undefined && { filter_subject: subject }),
  });
}

/** The consumer of an address; undefined when there is none yet. */
export function findConsumer(
  { manager }: Pick<Nats, 'manager'>,
  { stream, consumer }: NatsAddress,
): Promise<ConsumerInfo | undefined> {
  return manager.consumers.info(stream, consumer).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === NO_CONSUMER) return undefined;
    throw error;
  });
}

/** How long a delivered message stays ours, in milliseconds. */
export function leaseOf({ ack_wait: nanoseconds = 30 * NANOSECONDS }: ConsumerConfig): number {
  return nanoseconds / 1_000_000;
}
