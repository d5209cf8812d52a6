import type { JsonObject } from '../../event/event.js';
import type { Opened } from '../unwrapper.js';
import { defined, type Family, isObject, textOf } from './family.js';

/** An SNS notification as SQS, HTTP or a Lambda DLQ receive it (SNS developer guide, "message formats"). */
export const sns: Family = {
  name: 'sns',
  key: 'TopicArn',
  open(value) {
    const isOne =
      value.Type === 'Notification' && typeof value.Message === 'string' && typeof value.MessageId === 'string';
    return isOne ? notification(value, ['Message']) : undefined;
  },
};

/** A record of a Lambda event that an SNS topic caused. */
export const snsRecord: Family = {
  name: 'sns-record',
  key: 'Sns',
  open(value) {
    const { Sns: inner } = value;
    if (value.EventSource !== 'aws:sns' || !isObject(inner) || typeof inner.Message !== 'string') return undefined;
    return notification(inner, ['Sns', 'Message']);
  },
};

function notification(value: JsonObject, at: readonly string[]): Opened {
  const { MessageId: id, TopicArn: queue, Timestamp: time, Subject: name } = value;
  return {
    layer: {
      kind: 'sns',
      ...defined({ id: textOf(id), queue: textOf(queue), time: textOf(time), name: textOf(name) }),
    },
    given: defined({ id: textOf(id) }),
    contents: [{ kind: 'value', at }],
  };
}
