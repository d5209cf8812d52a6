import { randomUUID } from 'node:crypto';
import type { QueueDriver } from '../driver.js';
import type { KafkaAddress } from './address.js';
import type { Cluster } from './connect.js';
import { describeKafka } from './describe.js';
import { kafkaError } from './errors.js';
import { openFeed } from './feed.js';
import type { Place } from './message.js';
import { offsetsOf, type PartitionOffsets, startOf } from './offsets.js';
import { createProgress } from './progress.js';

/** So many receives in a row that bring nothing end a partition whose last offsets are no messages. */
const QUIET_RECEIVES = 10;

interface Opened {
  readonly cluster: Cluster;
  readonly address: KafkaAddress;
  /** To look only: a group of its own is used, which commits nothing. */
  readonly looksOnly: boolean;
}

/** The driver of one topic. A message is acknowledged by committing past it. */
export async function createKafkaDriver({ cluster, address, looksOnly }: Opened): Promise<QueueDriver<Place>> {
  const { label, topic, group, session } = address;
  const consumer = cluster.kafka.consumer({
    groupId: looksOnly ? `${group}-look-${randomUUID()}` : group,
    allowAutoTopicCreation: false,
    sessionTimeout: session * 1_000,
    heartbeatInterval: Math.min(3_000, session * 300),
    rebalanceTimeout: 60_000,
    maxWaitTimeInMs: 500,
  });
  const progress = createProgress();
  const atStart = await offsetsOf(cluster, address);
  const feed = await openFeed({ consumer, topic, progress });
  if (looksOnly)
    for (const [partition, at] of atStart) consumer.seek({ topic, partition, offset: String(startOf(at)) });
  let quiet = 0;
  let committing: Promise<unknown> = Promise.resolve();

  const commit = () => {
    const turn = committing.then(async () => {
      const commits = progress.take();
      if (commits.length === 0) return;
      try {
        await consumer.commitOffsets(commits.map((each) => ({ topic, ...each })));
      } catch (error) {
        progress.putBack(commits);
        throw error;
      }
    });
    committing = turn.catch(() => undefined);
    return turn;
  };
  const isDone = (partition: number, { high, ...rest }: PartitionOffsets, now: PartitionOffsets | undefined) => {
    const reached = feed.reached.get(partition) ?? startOf({ high, ...rest });
    return reached >= high || (now !== undefined && startOf(now) >= high);
  };

  return {
    label,
    limits: { pollers: 1, acks: 10_000, held: 10_000, passesQuarantined: true },
    describe: () =>
      describeKafka(cluster, address).catch((cause) => {
        throw kafkaError(label, 'looking at the topic', cause);
      }),
    async receive(signal) {
      const messages = await feed.take(signal).catch((cause) => {
        throw kafkaError(label, 'receiving', cause);
      });
      quiet = messages.length > 0 ? 0 : quiet + 1;
      const isAhead = ({ partition, offset }: Place) => {
        const start = atStart.get(partition);
        return start === undefined || BigInt(offset) >= startOf(start);
      };
      const isLate = ({ partition, offset }: Place) => BigInt(offset) >= (atStart.get(partition)?.high ?? 0n);
      // A group of its own begins at the beginning before it is told where to go on.
      const wanted = looksOnly ? messages.filter(({ handle }) => isAhead(handle)) : messages;
      return wanted.map((message) => (isLate(message.handle) ? { ...message, isLate: true } : message));
    },
    async isDrained() {
      if (feed.assigned === undefined || feed.size > 0) return false;
      if (quiet >= QUIET_RECEIVES) return true;
      const now = await offsetsOf(cluster, address).catch((cause) => {
        throw kafkaError(label, 'looking at the topic', cause);
      });
      return feed.assigned.every((partition) => {
        const start = atStart.get(partition);
        return start === undefined || isDone(partition, start, now.get(partition));
      });
    },
    async ack(messages) {
      for (const { handle } of messages) progress.done(handle.partition, handle.offset);
      await commit();
      return messages.map(() => 'acked');
    },
    // What was not committed past is read again by whoever reads next.
    release: async () => {},
    unconfirmed: () => progress.blocked,
    async [Symbol.asyncDispose]() {
      await commit().catch(() => undefined);
      await consumer.disconnect().catch(() => undefined);
      await cluster[Symbol.asyncDispose]();
    },
  };
}
