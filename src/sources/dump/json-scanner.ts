const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const LF = 0x0a;
const CR = 0x0d;

/** How scanning a value ended: at its last byte, at the end of the bytes, or where it cannot be JSON any more. */
export type ScanEnd = 'whole' | 'open' | 'broken';

/**
 * Finds where a JSON value ends, by its brackets and quotes alone: what is inside is judged by whoever parses it.
 * Nesting costs a byte a level, not a stack frame.
 */
export class JsonScanner {
  /** Position behind the value, or of the byte at which it broke. */
  end = 0;
  /** Line ends inside the value. */
  lines = 0;
  private stack = new Uint8Array(256);
  private readonly inContainer = marked([QUOTE, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, LF, CR]);
  private readonly inString = marked([QUOTE, BACKSLASH, LF, CR]);

  /** Scans the value that begins at `start`, which is not whitespace. */
  scan(bytes: Uint8Array, start: number): ScanEnd {
    this.lines = 0;
    const first = bytes[start];
    if (first === OPEN_BRACE || first === OPEN_BRACKET) return this.scanContainer(bytes, start);
    return first === QUOTE ? this.scanString(bytes, start) : this.scanBare(bytes, start);
  }

  private scanContainer(bytes: Uint8Array, start: number): ScanEnd {
    const { inContainer } = this;
    const { length } = bytes;
    let depth = 0;
    for (let at = start; at < length; at += 1) {
      const byte = bytes[at] as number; // `at` is within bounds
      if (inContainer[byte] === 0) continue;
      if (byte === QUOTE) {
        const end = this.scanString(bytes, at);
        if (end !== 'whole') return end;
        at = this.end - 1;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (at > start && !mayOpen(bytes, at, this.stack[depth - 1] === OPEN_BRACKET)) return this.stop(at, 'broken');
        if (depth === this.stack.length) this.deepen();
        this.stack[depth] = byte;
        depth += 1;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth -= 1;
        // Opening and closing brackets of a kind are two apart in ASCII.
        if (this.stack[depth] !== byte - 2) return this.stop(at, 'broken');
        if (depth === 0) return this.stop(at + 1, 'whole');
      } else if (byte === LF || (byte === CR && bytes[at + 1] !== LF)) {
        this.lines += 1;
      }
    }
    return this.stop(bytes.length, 'open');
  }

  private scanString(bytes: Uint8Array, start: number): ScanEnd {
    const { inString } = this;
    const { length } = bytes;
    for (let at = start + 1; at < length; at += 1) {
      const byte = bytes[at] as number; // `at` is within bounds
      if (inString[byte] === 0) continue;
      if (byte === QUOTE) return this.stop(at + 1, 'whole');
      if (byte === BACKSLASH) at += 1;
      else if (byte === LF || byte === CR) return this.stop(at, 'broken');
    }
    return this.stop(bytes.length, 'open');
  }

  private scanBare(bytes: Uint8Array, start: number): ScanEnd {
    let at = start;
    while (at < bytes.length && !endsBare(bytes[at] ?? 0)) at += 1;
    return this.stop(at, at === bytes.length ? 'open' : 'whole');
  }

  private stop(end: number, how: ScanEnd): ScanEnd {
    this.end = end;
    return how;
  }

  private deepen(): void {
    const deeper = new Uint8Array(this.stack.length * 2);
    deeper.set(this.stack);
    this.stack = deeper;
  }
}

/** A table in which these bytes are 1. */
function marked(bytes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of bytes) table[byte] = 1;
  return table;
}

/**
 * A container follows `[` or `,` in an array and `:` in an object. Where it follows anything else, the value before it
 * was cut off, and a new one begins: it must not be swallowed.
 */
function mayOpen(bytes: Uint8Array, at: number, isInArray: boolean): boolean {
  let before = at - 1;
  while (isSpace(bytes[before] ?? 0)) before -= 1;
  const byte = bytes[before];
  return isInArray ? byte === OPEN_BRACKET || byte === 0x2c : byte === 0x3a;
}

/** Whitespace as RFC 8259 §2 has it. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === LF || byte === CR || byte === 0x09;
}

function endsBare(byte: number): boolean {
  return isSpace(byte) || byte === 0x2c || byte === 0x3a || byte === QUOTE || isBracket(byte);
}

function isBracket(byte: number): boolean {
  return byte === OPEN_BRACE || byte === CLOSE_BRACE || byte === OPEN_BRACKET || byte === CLOSE_BRACKET;
}
