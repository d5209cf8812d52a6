import { gzipSync } from 'node:zlib';
import type { Encoded } from '../../sink.js';
import { type EncodedRequest, type EncodedRequests, FRAME, GZIP_LEVEL } from '../encoded-requests.js';
import type { JsonWriter } from './json-writer.js';

/** What one request may hold. */
export interface RequestLimits {
  readonly maxEvents: number;
  /** Of the uncompressed body. */
  readonly maxBytes: number;
}

const OPEN = 0x5b;
const COMMA = 0x2c;
const CLOSE = 0x5d;

/**
 * Collects items, JSON texts, into request bodies, and compresses each as soon as it is full: this runs in a worker,
 * so no byte of it keeps the main thread from its sockets. An item is written with `writer` between `begin` and `end`.
 */
export class RequestBuilder {
  private events: number[] = [];
  private ends: number[] = [];
  private requests: EncodedRequest[] = [];
  private bodies: Buffer[] = [];
  private bodiesLength = 0;
  private first = 0;
  private itemStart = 0;
  private remarks: Record<string, number> = {};

  constructor(
    private readonly writer: JsonWriter,
    private readonly limits: RequestLimits,
  ) {}

  /** Begins an item. */
  begin(): void {
    const { writer } = this;
    if (writer.length === 0) writer.byte(OPEN);
    else if (this.events.length > this.first) writer.byte(COMMA);
    this.itemStart = writer.length;
  }

  /** Bytes of the item so far. */
  get itemBytes(): number {
    return this.writer.length - this.itemStart;
  }

  /** Takes the item back. */
  drop(): void {
    this.writer.length = this.itemStart - FRAME;
  }

  /** Ends the item of event `index`. It must be shorter than a request's limit. */
  end(index: number): void {
    const { writer, limits } = this;
    const isFull = this.events.length - this.first >= limits.maxEvents || writer.length + FRAME > limits.maxBytes;
    if (isFull && this.events.length > this.first) this.moveOn();
    this.events.push(index);
    this.ends.push(writer.length);
  }

  /** Counts something that a user should know. */
  remark(name: string): void {
    this.remarks[name] = (this.remarks[name] ?? 0) + 1;
  }

  /** Ends the batch. */
  finish(): Encoded {
    if (this.events.length > this.first) this.close(this.writer.length);
    this.writer.length = 0;
    const bodies = new Uint8Array(this.bodiesLength);
    let at = 0;
    for (const body of this.bodies) {
      bodies.set(body, at);
      at += body.length;
    }
    const data: EncodedRequests = {
      bodies,
      requests: this.requests,
      events: Uint32Array.from(this.events),
      ends: Uint32Array.from(this.ends),
      remarks: this.remarks,
    };
    this.events = [];
    this.ends = [];
    this.requests = [];
    this.bodies = [];
    this.bodiesLength = 0;
    this.first = 0;
    this.remarks = {};
    const arrays = [data.bodies, data.events, data.ends];
    return { data, transfer: arrays.map(({ buffer }) => buffer as ArrayBuffer) }; // all were allocated here
  }

  /** Closes the request in front of the item at hand, which begins the next one. */
  private moveOn(): void {
    const { writer, itemStart } = this;
    const itemEnd = writer.length;
    this.close(itemStart - FRAME);
    writer.byte(OPEN);
    writer.moveHere(itemStart, itemEnd);
    this.itemStart = FRAME;
  }

  /** @param end of the last item of the request; what stands behind it stays in the writer's memory. */
  private close(end: number): void {
    const { writer } = this;
    if (end === writer.length) writer.byte(CLOSE);
    else writer.bytes[end] = CLOSE;
    const gzipped = gzipSync(writer.bytes.subarray(0, end + FRAME), { level: GZIP_LEVEL });
    writer.length = 0;
    const bodyStart = this.bodiesLength;
    this.bodiesLength += gzipped.length;
    this.bodies.push(gzipped);
    const items = { first: this.first, end: this.events.length };
    this.requests.push({ ...items, bodyStart, bodyEnd: this.bodiesLength, bytes: end + FRAME });
    this.first = this.events.length;
  }
}
