import type { ByteReader } from './byte-reader.js';
import type { Following } from './splitter.js';

/** The decoded bytes between the last cut and what has been read. Its buffers are given away, never reused. */
export class Window {
  private buffer: Uint8Array<ArrayBuffer> = allocate(0);
  private length = 0;
  private isAtEnd = false;
  /** Why the rest cannot be read; what came before is whole. */
  failure: unknown;

  /**
   * @param position of the next byte of `reader` in the decoded part.
   * @param limit position where a settled stretch begins, or infinity.
   */
  constructor(
    private readonly reader: ByteReader,
    private position: number,
    private readonly limit: number,
  ) {}

  /** Position of the first byte in the decoded part. */
  get from(): number {
    return this.position - this.length;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.buffer.subarray(0, this.length);
  }

  get following(): Following {
    if (this.failure !== undefined) return 'open';
    if (this.position >= this.limit) return 'settled';
    return this.isAtEnd ? 'end' : 'open';
  }

  /** Whether no more bytes can be had. */
  get isExhausted(): boolean {
    return this.isAtEnd || this.failure !== undefined || this.position >= this.limit;
  }

  /** Reads until the window holds `size` bytes or is exhausted. */
  async fill(size: number): Promise<void> {
    if (size > this.buffer.length && !this.isExhausted) this.move(0, size);
    while (this.length < size && !this.isExhausted) {
      const room = Math.min(size - this.length, this.limit - this.position);
      await this.readInto(this.buffer.subarray(this.length, this.length + room));
    }
  }

  /** Gives away the first `count` bytes; the window goes on behind them. */
  take(count: number, nextSize: number): Uint8Array<ArrayBuffer> {
    const taken = this.buffer.subarray(0, count);
    const rest = this.length - count;
    this.move(count, this.isExhausted ? rest : Math.max(nextSize, rest));
    return taken;
  }

  /** Drops the first `count` bytes. */
  drop(count: number): void {
    this.buffer.copyWithin(0, count, this.length);
    this.length -= count;
  }

  private move(from: number, size: number): void {
    const next = allocate(size);
    next.set(this.buffer.subarray(from, this.length));
    this.buffer = next;
    this.length -= from;
  }

  private async readInto(target: Uint8Array): Promise<void> {
    try {
      const count = await this.reader.read(target);
      this.length += count;
      this.position += count;
      this.isAtEnd = count === 0;
    } catch (failure) {
      this.failure = failure;
    }
  }
}

/** Memory of its own, not zeroed first: it is written before it is read, and it moves to a worker. */
function allocate(size: number): Uint8Array<ArrayBuffer> {
  // allocUnsafeSlow never shares memory, so that its buffer is a plain ArrayBuffer.
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer as ArrayBuffer);
}
