import { gunzip, gzip } from 'node:zlib';

/** What an encoder made of a batch: request bodies, compressed, within the service's limits. Plain data. */
export interface EncodedRequests {
  /** The compressed bodies behind one another. */
  readonly bodies: Uint8Array;
  readonly requests: readonly EncodedRequest[];
  /** Index in the batch of each item's event, over all requests. */
  readonly events: Uint32Array;
  /** Where each item ends in the uncompressed body of its request. */
  readonly ends: Uint32Array;
  /** How often the encoder did something that a user should know, by its name. */
  readonly remarks: Readonly<Record<string, number>>;
}

/** One request: its items are `[first, end)`. */
export interface EncodedRequest {
  readonly first: number;
  readonly end: number;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** Of the uncompressed body. */
  readonly bytes: number;
}

/** A body ready to be sent. */
export interface Body {
  readonly gzipped: Uint8Array;
  /** Before compression. */
  readonly bytes: number;
}

/** Quick, and nine tenths of what the slowest level saves on JSON of one kind. */
export const GZIP_LEVEL = 1;
/** A body is a JSON array: this long are its bracket and each comma. */
export const FRAME = 1;

/** The body with all items of a request, as the encoder made it. */
export function wholeBody({ bodies }: EncodedRequests, { bodyStart, bodyEnd, bytes }: EncodedRequest): Body {
  return { gzipped: bodies.subarray(bodyStart, bodyEnd), bytes };
}

/** A body with some items of a request, in their order. The same items always give the same bytes. */
export async function bodyOf(
  encoded: EncodedRequests,
  request: EncodedRequest,
  items: readonly number[],
): Promise<Body> {
  const whole = await inflate(wholeBody(encoded, request).gzipped);
  const parts: Uint8Array[] = [];
  for (const item of items) {
    const start = item === request.first ? FRAME : (encoded.ends[item - 1] ?? 0) + FRAME;
    parts.push(parts.length === 0 ? OPEN : COMMA, whole.subarray(start, encoded.ends[item]));
  }
  const body = Buffer.concat([...parts, CLOSE]);
  return { gzipped: await deflate(body), bytes: body.length };
}

const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');

function inflate(bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gunzip(bytes, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}

function deflate(bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gzip(bytes, { level: GZIP_LEVEL }, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}
