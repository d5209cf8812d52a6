import type { IHeaders, KafkaMessage } from 'kafkajs';
import { marksDead } from '../dead-name.js';
import type { Message } from '../driver.js';

/** Where a message stands. */
export interface Place {
  readonly partition: number;
  readonly offset: string;
}

/** Spring writes these as big-endian numbers (DeadLetterPublishingRecoverer), everyone else writes text. */
const NUMBERS = /^kafka_dlt-original-(?:partition|offset|timestamp)$/u;

/** A message of a topic; its partition and offset tell it from all others. */
export function messageOf(
  { offset, timestamp, key, value, headers = {} }: KafkaMessage,
  topic: string,
  partition: number,
): Message<Place> {
  return {
    key: `${partition}:${offset}`,
    handle: { partition, offset },
    isDead: marksDead(Object.keys(headers)),
    letter: {
      ...{ kind: 'kafka', queue: topic, id: `${partition}:${offset}` },
      sentAt: new Date(Number(timestamp)).toISOString(),
      attributes: { partition, offset, ...(key !== null && { key: textOf(key) }) },
      ...(Object.keys(headers).length > 0 && { headers: headersOf(headers) }),
      body: value ?? '',
    },
  };
}

function headersOf(headers: IHeaders): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const [first, ...more] = Array.isArray(value) ? value : [value];
      if (more.length > 0) return [name, [first, ...more].map((each) => textOf(Buffer.from(each ?? '')))];
      return [name, first === undefined ? null : headerOf(name, Buffer.from(first))];
    }),
  );
}

function headerOf(name: string, value: Buffer): unknown {
  if (!NUMBERS.test(name)) return value;
  if (value.length === 4) return value.readInt32BE();
  return value.length === 8 ? String(value.readBigInt64BE()) : value;
}

function textOf(bytes: Buffer): unknown {
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : { base64: bytes.toString('base64') };
}
