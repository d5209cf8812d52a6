/** Groups of envelopes with marks of their own, as `--unwrap` names them. */
export const MARKED = [
  'letter',
  'quarantine',
  'sns',
  'sqs',
  'lambda',
  'kinesis',
  'firehose',
  'dynamodb',
  'kafka',
  'amazon-mq',
  's3-notification',
  'cloudwatch-logs',
  'eventbridge',
  'cloudevents',
  'sidekiq',
  'activejob',
  'celery',
  'snowplow',
] as const;

/** Beside the envelopes with marks there is plain text that holds JSON. */
const PLAIN = ['s3-pointer', 'array', 'json-string', 'base64'] as const;

/** What `--unwrap` can name. */
export const familyNames: readonly string[] = [...MARKED, ...PLAIN];
