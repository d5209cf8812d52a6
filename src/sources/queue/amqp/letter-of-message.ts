import type { ConsumeMessage, GetMessage } from 'amqplib';
import { instantText } from '../../../event/instant-text.js';
import type { Letter } from '../../letter.js';

/** A delivery as a letter. Why and when it died stands in its headers (`x-death`). */
export function letterOf(message: ConsumeMessage | GetMessage, queue: string): Letter {
  const { properties, content, fields } = message;
  const headers: Record<string, unknown> = { ...properties.headers };
  const deaths = deathsOf(headers);
  const first = deaths.at(-1);
  const latest = deaths[0];
  const time = latest && secondsOf(latest.time);
  return {
    kind: 'amqp',
    queue,
    origin: textOf(headers['x-first-death-queue']) ?? textOf(first?.queue),
    id: textOf(properties.messageId),
    name: textOf(properties.type),
    sentAt: timeOf(properties.timestamp),
    failedAt: timeOf(time),
    deliveries: deliveriesOf(headers),
    error: latest === undefined ? undefined : { class: textOf(latest.reason) },
    headers: {
      ...headers,
      ...(properties.contentType && { 'content-type': properties.contentType }),
      ...(properties.contentEncoding && { 'content-encoding': properties.contentEncoding }),
      ...(properties.correlationId && { 'correlation-id': properties.correlationId }),
      'amqp-exchange': fields.exchange,
      'amqp-routing-key': fields.routingKey,
    },
    body: content,
  };
}

/** How often a quorum queue has delivered a message before and got it back; undefined where it does not say. */
export function returnsOf(message: ConsumeMessage): number | undefined {
  const count: unknown = message.properties.headers?.['x-delivery-count'];
  return typeof count === 'number' ? count : undefined;
}

/** Whether the server has dead-lettered it. */
export function isDead(message: ConsumeMessage): boolean {
  const { headers } = message.properties;
  return headers !== undefined && ('x-death' in headers || 'x-first-death-reason' in headers);
}

function deathsOf(headers: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] {
  const deaths = headers['x-death'];
  return Array.isArray(deaths) ? deaths.filter((death) => typeof death === 'object' && death !== null) : [];
}

function deliveriesOf(headers: Readonly<Record<string, unknown>>): number | undefined {
  const count = headers['x-delivery-count'];
  return typeof count === 'number' ? count + 1 : undefined;
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

/** amqplib wraps timestamps, in seconds: `{"!": "timestamp", "value": 1795409153}`. */
function secondsOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
}

function timeOf(seconds: unknown): string | undefined {
  if (typeof seconds !== 'number') return undefined;
  // Some publishers write milliseconds.
  return instantText(seconds > 100_000_000_000 ? seconds : seconds * 1_000);
}
