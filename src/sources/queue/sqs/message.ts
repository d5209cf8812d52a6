import type { Message as SqsMessage } from '@aws-sdk/client-sqs';
import type { Message } from '../driver.js';

/** What Lambda and EventBridge write on the messages of their dead-letter queues. */
const MARKS = [
  ['RequestID', 'ErrorCode'],
  ['RULE_ARN', 'ERROR_CODE'],
] as const;
/** Lambda's on-failure destinations write a record of the invocation. */
const FAILED_INVOCATION = /"requestContext"\s*:.*"condition"\s*:\s*"(?!Success")/su;

/** A message as the SDK gives it; the handle is its receipt handle. */
export function messageOf(message: SqsMessage, queue: string, startMs: number): Message<string> {
  const { MessageId: id = '', ReceiptHandle: handle = '', Body: body = '', Attributes = {} } = message;
  const { SentTimestamp, ApproximateReceiveCount, DeadLetterQueueSourceArn, ...attributes } = Attributes;
  return {
    key: id,
    handle,
    ...(Number(SentTimestamp) > startMs && { isLate: true }),
    isDead: DeadLetterQueueSourceArn !== undefined || isMarked(message),
    letter: {
      kind: 'sqs',
      queue,
      id,
      ...(DeadLetterQueueSourceArn !== undefined && { origin: DeadLetterQueueSourceArn.split(':').at(-1) }),
      ...(SentTimestamp !== undefined && { sentAt: new Date(Number(SentTimestamp)).toISOString() }),
      ...(ApproximateReceiveCount !== undefined && { deliveries: Number(ApproximateReceiveCount) }),
      ...(Object.keys(attributes).length > 0 && { attributes }),
      ...(message.MessageAttributes !== undefined && { headers: headersOf(message.MessageAttributes) }),
      body,
    },
  };
}

function isMarked({ MessageAttributes = {}, Body = '' }: SqsMessage): boolean {
  if (MARKS.some((names) => names.every((name) => name in MessageAttributes))) return true;
  return Body.includes('"requestContext"') && FAILED_INVOCATION.test(Body);
}

/** Text stays text; every other type is kept beside its value. */
function headersOf(attributes: NonNullable<SqsMessage['MessageAttributes']>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => {
      if (DataType === 'String') return [name, StringValue ?? ''];
      if (BinaryValue === undefined) return [name, { DataType, StringValue }];
      return [name, { DataType, base64: Buffer.from(BinaryValue).toString('base64') }];
    }),
  );
}
