import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { startKafka } from '../../support/kafka.js';
import { bodyOf, type Filled, numbers } from './filled.js';

export const kafkaBroker = await startKafka();

/** A topic of four partitions, and a group of its own. */
export async function filledKafka(): Promise<Filled> {
  const brokers = [kafkaBroker?.address ?? ''];
  const kafka = new kafkajs.Kafka({ clientId: 'chaos', brokers, logLevel: kafkajs.logLevel.NOTHING });
  const [producer, admin] = [kafka.producer(), kafka.admin()];
  await Promise.all([producer.connect(), admin.connect()]);
  const topic = `orders-dlq-${randomUUID().slice(0, 8)}`;
  for (let at = 0; at < numbers.length; at += 1_000) {
    const some = numbers.slice(at, at + 1_000);
    await producer.send({ topic, messages: some.map((n) => ({ key: `${n}`, value: bodyOf(n), partition: n % 4 })) });
  }
  return {
    address: `kafka://${kafkaBroker?.address}/${topic}?group=${topic}&session=5`,
    env: {},
    comesBackAfterMs: 6_000,
    passesPoison: true,
    async waiting() {
      const bounds = await admin.fetchTopicOffsets(topic);
      const [group] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
      const at = new Map(group?.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]));
      return bounds.reduce((sum, { partition, high }) => sum + Number(high) - (at.get(partition) ?? 0), 0);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([producer.disconnect(), admin.disconnect()]);
    },
  };
}
