import type { JsonObject } from '../../event/event.js';
import { type Family, isObject } from './family.js';

const SOURCES = new Set(['aws:sqs', 'aws:sns', 'aws:kinesis', 'aws:dynamodb', 'aws:s3']);

/** What Lambda is called with: `{"Records": […]}`, each of them from a source that is known. Said by no layer of its own. */
export const lambdaRecords: Family = {
  name: 'lambda-records',
  key: 'Records',
  open({ Records }) {
    const isOne = Array.isArray(Records) && Records.length > 0 && Records.every(isLambdaRecord);
    return isOne ? { contents: [{ kind: 'each', at: ['Records'] }] } : undefined;
  },
};

function isLambdaRecord(record: unknown): boolean {
  if (!isObject(record)) return false;
  const source = record.eventSource ?? record.EventSource;
  return typeof source === 'string' && SOURCES.has(source);
}

/** What `aws sqs receive-message` prints: `{"Messages": […]}`. */
export const sqsMessages: Family = {
  name: 'sqs-messages',
  key: 'Messages',
  open({ Messages }) {
    const isOne = Array.isArray(Messages) && Messages.length > 0 && Messages.every(isSqsMessage);
    return isOne ? { contents: [{ kind: 'each', at: ['Messages'] }] } : undefined;
  },
};

function isSqsMessage(message: unknown): boolean {
  return isObject(message) && 'ReceiptHandle' in message && 'Body' in message;
}

/** What Lambda is called with for Kafka topics: records by `topic-partition`. */
export const kafkaRecords: Family = {
  name: 'kafka-records',
  key: 'records',
  open({ eventSource, records }) {
    const isKafka = eventSource === 'aws:kafka' || eventSource === 'SelfManagedKafka';
    if (!isKafka || !isObject(records)) return undefined;
    return { contents: Object.keys(records).map((topic) => ({ kind: 'each', at: ['records', topic] })) };
  },
};

/** What Lambda is called with for ActiveMQ and RabbitMQ brokers of Amazon MQ. */
export const amazonMq: Family = {
  name: 'amazon-mq',
  key: 'eventSourceArn',
  open({ eventSource, messages, rmqMessagesByQueue }) {
    if (eventSource === 'aws:amq' && Array.isArray(messages)) return { contents: [{ kind: 'each', at: ['messages'] }] };
    if (eventSource !== 'aws:rmq' || !isObject(rmqMessagesByQueue)) return undefined;
    const queues = Object.keys(rmqMessagesByQueue);
    return { contents: queues.map((queue) => ({ kind: 'each', at: ['rmqMessagesByQueue', queue] })) };
  },
};

/** What Firehose hands to a Lambda that transforms its records. */
export const firehose: Family = {
  name: 'firehose',
  key: 'deliveryStreamArn',
  open({ invocationId, deliveryStreamArn, records }) {
    const isOne = typeof invocationId === 'string' && typeof deliveryStreamArn === 'string';
    return isOne && Array.isArray(records) ? { contents: [{ kind: 'each', at: ['records'] }] } : undefined;
  },
};

/** Whether every one of these members is there. */
export function hasAll(value: JsonObject, ...keys: readonly string[]): boolean {
  return keys.every((key) => Object.hasOwn(value, key));
}
