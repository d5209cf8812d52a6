import { defined, type Family, isObject, objectOf, textOf, timeOfMs } from './family.js';
import { hasAll } from './lists.js';

/** A record of a Kinesis stream. Its bytes may be gzipped (a subscription of CloudWatch Logs). */
export const kinesisRecord: Family = {
  name: 'kinesis-record',
  key: 'kinesis',
  open({ eventID, eventSourceARN, kinesis }) {
    if (!isObject(kinesis) || !hasAll(kinesis, 'data', 'sequenceNumber', 'partitionKey')) return undefined;
    const id = textOf(eventID) ?? textOf(kinesis.sequenceNumber);
    return {
      layer: { kind: 'kinesis', ...defined({ id, queue: textOf(eventSourceARN) }) },
      given: { id: JSON.stringify([eventSourceARN, id]) },
      contents: [{ kind: 'base64', at: ['kinesis', 'data'] }],
    };
  },
};

/** A record of a Kafka topic as Lambda writes it. */
export const kafkaRecord: Family = {
  name: 'kafka-record',
  key: 'timestampType',
  open({ topic, partition, offset, value, timestamp, timestampType }) {
    if (typeof topic !== 'string' || typeof offset !== 'number' || timestampType === undefined) return undefined;
    const id = `${topic}-${String(partition)}-${offset}`;
    return {
      layer: { kind: 'kafka', id, queue: topic, ...defined({ time: timeOfMs(timestamp) }) },
      given: { id },
      contents:
        typeof value === 'string'
          ? [{ kind: 'base64', at: ['value'] }]
          : [
              {
                kind: 'hold',
                code: 'empty_letter',
                message: 'a Kafka record without a value (a tombstone) is no event',
              },
            ],
    };
  },
};

/** A record of Firehose. */
export const firehoseRecord: Family = {
  name: 'firehose-record',
  key: 'recordId',
  open({ recordId, data, approximateArrivalTimestamp }) {
    if (typeof recordId !== 'string' || typeof data !== 'string') return undefined;
    if (approximateArrivalTimestamp === undefined) return undefined;
    const time = timeOfMs(approximateArrivalTimestamp);
    return {
      layer: { kind: 'firehose', id: recordId, ...defined({ time }) },
      given: { id: recordId },
      contents: [{ kind: 'base64', at: ['data'] }],
    };
  },
};

/** A message of ActiveMQ as Lambda writes it. */
export const activeMqMessage: Family = {
  name: 'activemq-message',
  key: 'messageID',
  open({ messageID, messageType, data, destination, timestamp }) {
    if (typeof messageID !== 'string' || typeof messageType !== 'string' || typeof data !== 'string') return undefined;
    const queue = textOf(objectOf(destination).physicalName);
    return {
      layer: { kind: 'activemq', id: messageID, ...defined({ queue, time: timeOfMs(timestamp) }) },
      given: { id: messageID },
      contents: [{ kind: 'base64', at: ['data'] }],
    };
  },
};

/** A message of RabbitMQ as Lambda writes it. */
export const rabbitMqMessage: Family = {
  name: 'rabbitmq-message',
  key: 'basicProperties',
  open({ basicProperties, data, redelivered }) {
    if (!isObject(basicProperties) || typeof data !== 'string' || typeof redelivered !== 'boolean') return undefined;
    const id = textOf(basicProperties.messageId);
    return {
      layer: { kind: 'rabbitmq', ...defined({ id }) },
      given: defined({ id }),
      contents: [{ kind: 'base64', at: ['data'] }],
    };
  },
};

/** What CloudWatch Logs hands to a Lambda. */
export const cloudWatchLogs: Family = {
  name: 'cloudwatch-logs',
  key: 'awslogs',
  open({ awslogs, ...others }) {
    const isOne = isObject(awslogs) && typeof awslogs.data === 'string' && Object.keys(others).length === 0;
    return isOne ? { contents: [{ kind: 'base64', at: ['awslogs', 'data'] }] } : undefined;
  },
};

/** What lies in it: lines of a log group. A line that is JSON is an event; others are held. */
export const cloudWatchLogLines: Family = {
  name: 'cloudwatch-log-lines',
  key: 'logEvents',
  open({ messageType, logGroup, logStream, logEvents, owner }) {
    if (typeof owner !== 'string' || typeof logGroup !== 'string' || !Array.isArray(logEvents)) return undefined;
    const layer = { kind: 'cloudwatch-logs', queue: logGroup, ...defined({ name: textOf(logStream) }) };
    if (messageType === 'CONTROL_MESSAGE') {
      const message = 'CloudWatch Logs sends this to see whether the stream can be reached: there is nothing to replay';
      return { layer, contents: [{ kind: 'hold', code: 'nothing_to_replay', message }] };
    }
    return {
      layer,
      contents: logEvents.map((_, index) => ({ kind: 'value', at: ['logEvents', String(index), 'message'] })),
    };
  },
};
