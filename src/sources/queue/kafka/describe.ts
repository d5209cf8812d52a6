import { soundsDead } from '../dead-name.js';
import type { QueueDescription } from '../driver.js';
import type { KafkaAddress } from './address.js';
import type { Cluster } from './connect.js';
import { offsetsOf, startOf } from './offsets.js';

/** What the cluster says of the topic and of the group. Nothing is read. */
export async function describeKafka(cluster: Cluster, address: KafkaAddress): Promise<QueueDescription> {
  const { topic, group } = address;
  const offsets = [...(await offsetsOf(cluster, address)).values()];
  const ready = offsets.reduce((sum, partition) => sum + (partition.high - startOf(partition)), 0n);
  const gone = offsets.filter(({ low, committed }) => committed !== undefined && committed < low).length;
  return {
    isDeadLetters: soundsDead(topic) ? true : undefined,
    why: soundsDead(topic)
      ? `a topic called ${topic} holds dead letters`
      : 'the name of the topic does not say that it holds dead letters',
    ready: Number(ready),
    warnings: [
      `a topic keeps what is done: the group ${group} remembers how far it has come, past what lies in the quarantine`,
      ...(gone > 0
        ? [
            `in ${gone} ${gone === 1 ? 'partition' : 'partitions'} Kafka has deleted messages that the group had not read`,
          ]
        : []),
    ],
  };
}
