const LONGEST_LOOP = 96;

/** A growing buffer that fields are written into, big-endian as PostgreSQL wants them. */
export class ByteWriter {
  position = 0;
  bytes: Buffer;
  view: DataView;

  constructor(capacity = 1 << 16) {
    this.bytes = Buffer.from(new ArrayBuffer(capacity));
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.position + count <= this.bytes.length) return;
    const wider = Buffer.from(new ArrayBuffer(Math.max(this.bytes.length * 2, this.position + count)));
    wider.set(this.bytes.subarray(0, this.position));
    this.bytes = wider;
    this.view = new DataView(wider.buffer);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.position++] = value;
  }

  int16(value: number): void {
    this.reserve(2);
    this.view.setInt16(this.position, value);
    this.position += 2;
  }

  int32(value: number): void {
    this.reserve(4);
    this.view.setInt32(this.position, value);
    this.position += 4;
  }

  /** A signed 64-bit integer given as a double that holds it exactly. */
  int64(value: number): void {
    this.reserve(8);
    const high = Math.floor(value / 4_294_967_296);
    this.view.setInt32(this.position, high);
    this.view.setUint32(this.position + 4, value - high * 4_294_967_296);
    this.position += 8;
  }

  copy(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.reserve(length);
    if (length < LONGEST_LOOP) {
      const { bytes, position } = this;
      for (let i = 0; i < length; i++) bytes[position + i] = source[start + i] as number; // bounds come from the scanner
    } else {
      this.bytes.set(source.subarray(start, end), this.position);
    }
    this.position += length;
  }

  /** Writes UTF-8. */
  text(value: string): void {
    this.reserve(value.length * 3);
    if (!this.ascii(value)) this.position += this.bytes.write(value, this.position);
  }

  /** Writes a short text of the characters U+0001 to U+007F, or nothing and returns false. There must be room for it. */
  ascii(value: string): boolean {
    const { length } = value;
    if (length > LONGEST_LOOP) return false;
    const { bytes, position } = this;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 127 || code === 0) return false;
      bytes[position + i] = code;
    }
    this.position += length;
    return true;
  }

  /** Sets the 32-bit length that was left free at `at` to the bytes that follow it. */
  closeLength(at: number): void {
    this.view.setInt32(at, this.position - at - 4);
  }
}
