const QUOTE = 0x22;
const FIRST_BYTES = 64 * 1024;
/** Up to so many bytes are copied one by one. */
const SHORT = 64;

/** Writes JSON into one growing buffer: raw bytes of the event as they stand, and texts of one's own. */
export class JsonWriter {
  /** Bytes written so far; setting it back takes them back. */
  length = 0;
  /** Valid up to `length`; it moves when it grows. */
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);

  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** ASCII that is JSON already. */
  ascii(text: string): void {
    const { length } = text;
    this.reserve(length);
    if (length > SHORT) {
      this.length += this.bytes.write(text, this.length, 'latin1');
      return;
    }
    // A call into the runtime costs more than these few bytes.
    const { bytes } = this;
    let to = this.length;
    for (let i = 0; i < length; i++) bytes[to++] = text.charCodeAt(i);
    this.length = to;
  }

  /** A text as a JSON string. */
  string(text: string): void {
    const json = JSON.stringify(text);
    this.reserve(json.length * 3);
    this.length += this.bytes.write(json, this.length, 'utf8');
  }

  /** Bytes `[start, end)` of `text` as they stand. */
  raw(text: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.reserve(size);
    const { bytes } = this;
    let to = this.length;
    if (size > SHORT) bytes.set(text.subarray(start, end), to);
    else for (let from = start; from < end; from++) bytes[to++] = text[from] as number; // within bounds by the caller's promise
    this.length += size;
  }

  /** `text[start, end)` between quotes. */
  quoted(text: Uint8Array, start: number, end: number): void {
    this.byte(QUOTE);
    this.raw(text, start, end);
    this.byte(QUOTE);
  }

  /** A whole number. */
  integer(value: number): void {
    this.ascii(String(value));
  }

  /** Copies what stands in `[start, end)` of this buffer behind what has been written. */
  moveHere(start: number, end: number): void {
    this.reserve(end - start);
    this.bytes.copyWithin(this.length, start, end);
    this.length += end - start;
  }

  private reserve(size: number): void {
    const needed = this.length + size;
    if (needed <= this.bytes.length) return;
    const wider = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(wider);
    this.bytes = wider;
  }
}
