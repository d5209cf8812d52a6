import type { JsonObject } from '../../event/event.js';
import type { Layer } from '../../event/layer.js';
import type { Opened } from '../unwrapper.js';
import { defined, type Family, isObject, objectOf, textOf, timeOfMs } from './family.js';

/** A message as `aws sqs receive-message` and the SDKs print it. Its receipt handle is old: it is never used. */
export const sqsMessage: Family = {
  name: 'sqs-message',
  key: 'ReceiptHandle',
  open(value) {
    const { MessageId, ReceiptHandle, Body, Attributes, MessageAttributes } = value;
    if (typeof MessageId !== 'string' || typeof ReceiptHandle !== 'string' || !isBody(Body)) return undefined;
    return message({ id: MessageId, attributes: Attributes, headers: MessageAttributes, at: ['Body'] });
  },
};

/** A record of a Lambda event that an SQS queue caused; its keys begin with small letters. */
export const sqsRecord: Family = {
  name: 'sqs-record',
  key: 'receiptHandle',
  open(value) {
    const { messageId, body, eventSource, attributes, messageAttributes, eventSourceARN } = value;
    if (eventSource !== 'aws:sqs' || typeof messageId !== 'string' || !isBody(body)) return undefined;
    return message({ id: messageId, attributes, headers: messageAttributes, queue: eventSourceARN, at: ['body'] });
  },
};

interface Parts {
  readonly id: string;
  readonly attributes: unknown;
  readonly headers: unknown;
  readonly queue?: unknown;
  readonly at: readonly string[];
}

function message({ id, attributes, headers, queue, at }: Parts): Opened {
  const { DeadLetterQueueSourceArn, SentTimestamp, ApproximateReceiveCount } = objectOf(attributes);
  const deliveries = Number(ApproximateReceiveCount);
  return {
    layer: {
      kind: 'sqs',
      id,
      ...defined({
        queue: textOf(DeadLetterQueueSourceArn) ?? textOf(queue),
        time: timeOfMs(SentTimestamp),
        deliveries: deliveries > 0 ? deliveries : undefined,
        error: errorInAttributes(plainAttributes(headers)),
      }),
    },
    given: { id },
    contents: [{ kind: 'value', at }],
  };
}

/** Attributes without their types: `{"A": {"DataType": "String", "StringValue": "x"}}` is `{"A": "x"}`. */
function plainAttributes(attributes: unknown): JsonObject {
  const plain = Object.entries(objectOf(attributes)).map(([key, each]) => {
    const { StringValue, stringValue } = objectOf(each);
    return [key, StringValue ?? stringValue];
  });
  return Object.fromEntries(plain);
}

/** Why a letter died, by the attributes that Lambda (`ErrorCode`) and EventBridge (`ERROR_CODE`) add to it. */
export function errorInAttributes(attributes: JsonObject): Layer['error'] {
  const { RequestID, ErrorCode, ErrorMessage, RULE_ARN, ERROR_CODE, ERROR_MESSAGE } = attributes;
  const isLambda = RequestID !== undefined && ErrorCode !== undefined;
  if (isLambda) return defined({ class: `lambda ${textOf(ErrorCode) ?? ''}`.trim(), message: textOf(ErrorMessage) });
  if (RULE_ARN === undefined || ERROR_CODE === undefined) return undefined;
  return defined({ class: textOf(ERROR_CODE), message: textOf(ERROR_MESSAGE) });
}

/** SQS carries text; tools that print messages for people show the JSON in it as it is. */
const isBody = (body: unknown) => typeof body === 'string' || isObject(body);
