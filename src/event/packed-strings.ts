/** Strings behind one another in UTF-8: string `i` ends at `ends[i]` and starts where the one before it ended. */
export interface PackedStrings {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

/** The string at `index`. */
export function unpackString(packed: PackedStrings, index: number): string {
  const start = index === 0 ? 0 : (packed.ends[index - 1] ?? 0);
  const { buffer, byteOffset } = packed.bytes;
  return Buffer.from(buffer, byteOffset).toString('utf8', start, packed.ends[index]);
}

const FIRST_BYTES = 64 * 1_024;
const FIRST_STRINGS = 1_024;

/** Packs strings as they come, in the order of their indexes; what is missing in between is empty. */
export class StringPacker {
  private bytes = Buffer.allocUnsafe(FIRST_BYTES);
  private ends = new Uint32Array(FIRST_STRINGS);
  private length = 0;
  private count = 0;

  add(index: number, text: string): void {
    this.fill(index + 1);
    const most = this.length + text.length * 3;
    if (most > this.bytes.length) this.bytes = Buffer.concat([this.bytes], most * 2);
    this.length += this.bytes.write(text, this.length);
    this.ends[index] = this.length;
  }

  /** The strings up to `count`; the packer is empty afterwards. */
  finish(count: number): PackedStrings {
    this.fill(count);
    const packed = { bytes: new Uint8Array(this.bytes.subarray(0, this.length)), ends: this.ends.slice(0, count) };
    this.length = 0;
    this.count = 0;
    return packed;
  }

  /** Ends the strings in front of `count` where nothing was added to them. */
  private fill(count: number): void {
    if (count > this.ends.length) {
      const wider = new Uint32Array(count * 2);
      wider.set(this.ends);
      this.ends = wider;
    }
    this.ends.fill(this.length, this.count, count);
    this.count = count;
  }
}
