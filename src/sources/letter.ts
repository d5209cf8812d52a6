import { isUtf8 } from 'node:buffer';
import { LETTER_MARK } from './marks.js';
import { type TellingBody, toldByBody } from './told-by-body.js';

/** What a queue says of one of its messages. */
export interface LetterFacts {
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
}

/** One message of a queue with everything the queue says of it: what a driver yields and a snapshot holds, a line each. */
export interface Letter extends LetterFacts {
  /** What the producer sent. */
  readonly body: string | Uint8Array;
  /** The queue says the rest in the body: it is read where the body is, and here only where a line is written. */
  readonly toldBy?: TellingBody;
}

/** A letter as one line of NDJSON, line feed included. Unwrapping opens it again (`letter` in docs/envelopes.md). */
export function letterLine(letter: Letter): string {
  const { body, headers, ...facts } = withTold(letter);
  const content = isText(body) ? { body: textOf(body) } : { bodyBase64: base64Of(body) };
  return `${JSON.stringify({ respool: LETTER_MARK, ...facts, headers: shownHeaders(headers), ...content })}\n`;
}

/** A letter with what its body says of it. */
export function withTold({ toldBy, ...letter }: Letter): Letter {
  const { body } = letter;
  return toldBy === undefined ? letter : { ...letter, ...toldByBody(toldBy, textOf(body), body) };
}

/** Headers as JSON can say them. */
export function shownHeaders(headers: LetterFacts['headers']): LetterFacts['headers'] {
  if (headers === undefined || !holdsBytes(headers)) return headers;
  return Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, headerOf(value)]));
}

function holdsBytes(headers: Readonly<Record<string, unknown>>): boolean {
  for (const key in headers) if (headers[key] instanceof Uint8Array) return true;
  return false;
}

/** Whether a body is text that JSON can hold; what is none travels as base64. */
export function isText(body: string | Uint8Array): boolean {
  return typeof body === 'string' ? body.isWellFormed() : isUtf8(body);
}

/** The bytes of a body in base64. */
export function base64Of(body: string | Uint8Array): string {
  return Buffer.from(body as Uint8Array).toString('base64'); // a string is taken as well
}

function headerOf(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value;
  const hasControls = value.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  return isUtf8(value) && !hasControls ? textOf(value) : { base64: Buffer.from(value).toString('base64') };
}

function textOf(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
}
