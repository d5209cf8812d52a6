import type { Admin, Kafka, KafkaConfig } from 'kafkajs';
import { UsageError } from '../../../errors.js';
import type { KafkaAddress } from './address.js';
import { kafkaError } from './errors.js';

/** A cluster that answers, and that has the topic. */
export interface Cluster extends AsyncDisposable {
  readonly kafka: Kafka;
  readonly admin: Admin;
}

/**
 * Connects. A topic that is not there is never made.
 * @throws UsageError `source_not_found`.
 */
export async function connectKafka(address: KafkaAddress): Promise<Cluster> {
  const { label, topic } = address;
  const { default: kafkajs } = await import('kafkajs');
  const kafka = new kafkajs.Kafka(configOf(address, kafkajs.logLevel.NOTHING));
  const admin = kafka.admin();
  try {
    await admin.connect();
    if (!(await admin.listTopics()).includes(topic)) throw noTopic(label);
    return { kafka, admin, [Symbol.asyncDispose]: () => admin.disconnect() };
  } catch (cause) {
    await admin.disconnect().catch(() => undefined);
    throw kafkaError(label, 'connecting', cause);
  }
}

function configOf({ brokers, tls, login }: KafkaAddress, logLevel: KafkaConfig['logLevel']): KafkaConfig {
  return {
    clientId: 'respool',
    brokers: [...brokers],
    connectionTimeout: 5_000,
    retry: { retries: 8, initialRetryTime: 200, maxRetryTime: 10_000 },
    ...(logLevel !== undefined && { logLevel }),
    ...(tls && { ssl: true }),
    // The union of the package's options is by mechanism, and all of ours hold the same members.
    ...(login !== undefined && { sasl: login as NonNullable<KafkaConfig['sasl']> }),
  };
}

function noTopic(label: string): UsageError {
  return new UsageError(`${label}: there is no such topic`, {
    code: 'source_not_found',
    hint: 'kafka-topics.sh --list shows which ones there are',
  });
}
