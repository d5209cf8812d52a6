import type { KafkaAddress } from './address.js';
import type { Cluster } from './connect.js';

/** Where one partition stands. */
export interface PartitionOffsets {
  /** The first offset that is still there. */
  readonly low: bigint;
  /** The offset behind the last message. */
  readonly high: bigint;
  /** Where the group goes on; undefined when it has never committed. */
  readonly committed: bigint | undefined;
}

/** Asks where each partition of the topic stands. */
export async function offsetsOf(
  { admin }: Cluster,
  { topic, group }: KafkaAddress,
): Promise<ReadonlyMap<number, PartitionOffsets>> {
  const bounds = await admin.fetchTopicOffsets(topic);
  const [ofGroup] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const committed = new Map(ofGroup?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
  return new Map(
    bounds.map(({ partition, low, high }) => {
      const offset = committed.get(partition) ?? -1n;
      return [partition, { low: BigInt(low), high: BigInt(high), committed: offset < 0n ? undefined : offset }];
    }),
  );
}

/** Where the group goes on in a partition. */
export function startOf({ low, committed }: PartitionOffsets): bigint {
  return committed === undefined || committed < low ? low : committed;
}
