import type { StreamInfo } from '@nats-io/jetstream';
import { soundsDead } from '../dead-name.js';
import type { QueueDescription } from '../driver.js';
import type { NatsAddress } from './address.js';
import type { Nats } from './connect.js';
import { findConsumer } from './consumer.js';
import { holdsAdvisories } from './message.js';

/** What the stream and its consumer say. Nothing is received. */
export async function describeNats(nats: Nats, address: NatsAddress): Promise<QueueDescription> {
  const [stream, consumer] = await Promise.all([
    nats.manager.streams.info(address.stream),
    findConsumer(nats, address),
  ]);
  const { messages, first_ts: first } = stream.state;
  const maxAgeMs = stream.config.max_age / 1_000_000;
  const oldestMs = messages > 0 ? new Date(first).getTime() : undefined;
  const most = consumer?.config.max_deliver ?? -1;
  return {
    ...roleOf(stream),
    ready: consumer?.num_pending ?? messages,
    inFlight: consumer?.num_ack_pending ?? 0,
    ...(oldestMs !== undefined && { oldestMs }),
    ...(maxAgeMs > 0 && { retentionMs: maxAgeMs }),
    ...(maxAgeMs > 0 && oldestMs !== undefined && { firstExpiresMs: oldestMs + maxAgeMs }),
    warnings: [
      ...(stream.config.retention === 'limits'
        ? [`what is acknowledged stays in the stream; the consumer ${address.consumer} remembers that it is done`]
        : []),
      ...(most > 0 ? [`the consumer ${address.consumer} gives a message out ${most} times at most`] : []),
    ],
  };
}

function roleOf({ config: { name, subjects } }: StreamInfo): Pick<QueueDescription, 'isDeadLetters' | 'why'> {
  if (holdsAdvisories(subjects)) {
    return { isDeadLetters: true, why: 'the server writes there which messages it gave up' };
  }
  if (soundsDead(name)) return { isDeadLetters: true, why: `a stream called ${name} holds dead letters` };
  return { isDeadLetters: undefined, why: 'neither its name nor its subjects say that it holds dead letters' };
}
