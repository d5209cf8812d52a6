const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MOST_DEPTH = 64;

/** How large a nested JSON value is. One instance is filled again and again. */
export class Measure {
  /** Levels of objects and arrays. */
  depth = 0;
  /** Most members or elements of any one object or array. */
  widest = 0;
  /** Members of all objects. */
  members = 0;
  /** Bytes of the longest key, escapes as they stand. */
  longestKey = 0;
  private readonly commas = new Uint32Array(MOST_DEPTH + 1);

  /** Measures the object or array in `text[start, end)`. */
  take(text: Uint8Array, start: number, end: number): void {
    const { commas } = this;
    let depth = 0;
    let lastString = 0;
    this.depth = 0;
    this.widest = 0;
    this.members = 0;
    this.longestKey = 0;
    for (let i = start; i < end; i++) {
      const byte = text[i] as number; // within bounds by the loop condition
      if (byte === QUOTE) {
        const from = i + 1;
        i++;
        while (i < end && text[i] !== QUOTE) i += text[i] === BACKSLASH ? 2 : 1;
        lastString = i - from;
      } else if (byte === 0x7b || byte === 0x5b) {
        depth++;
        if (depth > this.depth) this.depth = depth;
        commas[Math.min(depth, MOST_DEPTH)] = 0;
      } else if (byte === 0x7d || byte === 0x5d) {
        const width = (commas[Math.min(depth, MOST_DEPTH)] ?? 0) + 1;
        if (width > this.widest) this.widest = width;
        depth--;
      } else if (byte === COMMA) {
        const level = Math.min(depth, MOST_DEPTH);
        commas[level] = (commas[level] ?? 0) + 1;
      } else if (byte === COLON) {
        this.members++;
        if (lastString > this.longestKey) this.longestKey = lastString;
      }
    }
  }
}
