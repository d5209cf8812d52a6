import { isUtf8 } from 'node:buffer';
import { LETTER_MARK } from './marks.js';

/** One message of a queue with everything the queue says of it: what a driver yields and a snapshot holds, a line each. */
export interface Letter {
  /** The service: `sqs`, `amqp`, `bullmq`. */
  readonly kind: string;
  /** The queue it was read from. */
  readonly queue: string;
  /** The queue it had been meant for before it died, where that is known. */
  readonly origin?: string | undefined;
  /** The service's own id of the message. */
  readonly id?: string | undefined;
  /** What the message is called by its service: a job's name or class. */
  readonly name?: string | undefined;
  /** When it was sent, RFC 3339. */
  readonly sentAt?: string | undefined;
  /** When it died, RFC 3339. */
  readonly failedAt?: string | undefined;
  /** How often it has been delivered. */
  readonly deliveries?: number | undefined;
  /** Why it died, where the queue itself knows. */
  readonly error?: { readonly class?: string | undefined; readonly message?: string | undefined } | undefined;
  /** Headers or attributes: text, bytes, or what JSON can say (`x-death`). */
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** What else the service itself says of it: `SequenceNumber`, `MessageGroupId`. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  /** What the producer sent. */
  readonly body: string | Uint8Array;
}

/** A letter as one line of NDJSON, line feed included. Unwrapping opens it again (`letter` in docs/envelopes.md). */
export function letterLine({ body, headers, ...rest }: Letter): string {
  const content = isText(body) ? { body: textOf(body) } : { bodyBase64: Buffer.from(body).toString('base64') };
  const shown = headers && Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, headerOf(value)]));
  return `${JSON.stringify({ respool: LETTER_MARK, ...rest, headers: shown, ...content })}\n`;
}

function headerOf(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value;
  const hasControls = value.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  return isUtf8(value) && !hasControls ? textOf(value) : { base64: Buffer.from(value).toString('base64') };
}

function isText(body: string | Uint8Array): boolean {
  return typeof body === 'string' ? body.isWellFormed() : isUtf8(body);
}

function textOf(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : Buffer.from(body).toString();
}
