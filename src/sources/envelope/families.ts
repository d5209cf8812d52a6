import { celery } from './celery.js';
import { dynamoDbRecord } from './dynamodb.js';
import { cloudEvents, eventBridge } from './event-formats.js';
import type { Family } from './family.js';
import { activeJob, sidekiq } from './jobs.js';
import { lambdaFailure } from './lambda-failure.js';
import { letter } from './letter.js';
import { amazonMq, firehose, kafkaRecords, lambdaRecords, sqsMessages } from './lists.js';
import type { MARKED } from './names.js';
import { quarantine } from './own.js';
import { s3Record, s3TestEvent } from './s3.js';
import { snowplow } from './snowplow.js';
import { sns, snsRecord } from './sns.js';
import { sqsMessage, sqsRecord } from './sqs.js';
import {
  activeMqMessage,
  cloudWatchLogLines,
  cloudWatchLogs,
  firehoseRecord,
  kafkaRecord,
  kinesisRecord,
  rabbitMqMessage,
} from './stream-records.js';

/** Every envelope that is known, by the groups that `--unwrap` names. */
export const FAMILIES = {
  letter: [letter],
  quarantine: [quarantine],
  sns: [sns, snsRecord, lambdaRecords],
  sqs: [sqsMessage, sqsMessages, sqsRecord, lambdaRecords],
  lambda: [lambdaFailure, lambdaRecords],
  kinesis: [kinesisRecord, lambdaRecords],
  firehose: [firehose, firehoseRecord],
  dynamodb: [dynamoDbRecord, lambdaRecords],
  kafka: [kafkaRecords, kafkaRecord],
  'amazon-mq': [amazonMq, activeMqMessage, rabbitMqMessage],
  's3-notification': [s3Record, s3TestEvent, lambdaRecords],
  'cloudwatch-logs': [cloudWatchLogs, cloudWatchLogLines],
  eventbridge: [eventBridge],
  cloudevents: [cloudEvents],
  sidekiq: [sidekiq],
  activejob: [activeJob],
  celery: [celery],
  snowplow: [snowplow],
} as const satisfies Record<(typeof MARKED)[number], readonly Family[]>;
