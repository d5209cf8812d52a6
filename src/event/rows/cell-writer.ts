/** A growing buffer of JSON text. What was written stays at its position when the buffer moves. */
export class CellWriter {
  /** @param length how many of the bytes are written already. */
  constructor(
    public bytes: Uint8Array,
    public length = 0,
  ) {}

  /** Makes room for `count` more bytes; everything written after it must fit into them. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const wider = allocate(Math.max(needed, Math.ceil(this.bytes.length * 1.5)));
    wider.set(this.bytes.subarray(0, this.length));
    this.bytes = wider;
  }

  /** Copies `source[start, end)`. Short runs are copied by hand: a call costs more than the bytes. */
  copy(source: Uint8Array, start: number, end: number): void {
    const { bytes } = this;
    let to = this.length;
    if (end - start > 64) {
      bytes.set(source.subarray(start, end), to);
      this.length = to + end - start;
      return;
    }
    for (let from = start; from < end; from += 1) {
      bytes[to] = source[from] as number; // `from` is within bounds
      to += 1;
    }
    this.length = to;
  }

  /** Writes one byte. */
  byte(value: number): void {
    this.bytes[this.length] = value;
    this.length += 1;
  }

  /** Writes a JSON string between quotes, escaped where it must be. Reserve six bytes for each byte of it. */
  escaped(source: Uint8Array, start: number, end: number): void {
    this.byte(0x22);
    for (let from = start; from < end; from += 1) {
      const value = source[from] as number; // `from` is within bounds
      if (value < 0x20) this.control(value);
      else {
        if (value === 0x22 || value === 0x5c) this.byte(0x5c);
        this.byte(value);
      }
    }
    this.byte(0x22);
  }

  /** Writes JSON text on one line: what lies below the space is whitespace between its tokens. */
  onOneLine(source: Uint8Array, start: number, end: number): void {
    for (let from = start; from < end; from += 1) this.byte(Math.max(source[from] ?? 0, 0x20));
  }

  private control(value: number): void {
    const short = shortEscapes.get(value);
    this.byte(0x5c);
    if (short !== undefined) this.byte(short);
    else for (const digit of Buffer.from(`u${value.toString(16).padStart(4, '0')}`)) this.byte(digit);
  }
}

/** RFC 8259 §7: \b \t \n \f \r. */
const shortEscapes: ReadonlyMap<number, number> = new Map([
  [8, 0x62],
  [9, 0x74],
  [10, 0x6e],
  [12, 0x66],
  [13, 0x72],
]);

/** Memory of its own, not zeroed: it is written before it is read. */
export function allocate(size: number): Uint8Array {
  // Never shared, so that it can move to another thread.
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
}
