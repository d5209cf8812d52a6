import type { Span } from '../../event/locate.js';

const LEAST_BYTES = 4_096;

/**
 * The bytes of a batch, and behind them what was written out of them: texts without their escapes, decoded base64. All
 * events of a batch stand in one buffer, and what stands in it never moves.
 */
export class SideText {
  private bytes: Uint8Array | undefined;
  private length = 0;

  /** What has to be looked at from now on; undefined while nothing has been written. */
  get text(): Uint8Array | undefined {
    return this.bytes;
  }

  /** Turns to a batch. */
  begin(): void {
    this.bytes = undefined;
  }

  /** Writes valid UTF-8 behind all that is there; the buffer may be another one afterwards. */
  append(original: Uint8Array, added: Uint8Array): Span {
    const start = this.bytes === undefined ? original.length : this.length;
    const end = start + added.length;
    if (this.bytes === undefined || end > this.bytes.length) {
      const wider = new Uint8Array(Math.max(end, start * 2, LEAST_BYTES));
      wider.set((this.bytes ?? original).subarray(0, start));
      this.bytes = wider;
    }
    this.bytes.set(added, start);
    this.length = end;
    return { start, end };
  }
}
