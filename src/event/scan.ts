const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const SPACE = 0x20;

/**
 * Where the members of one JSON object lie in its text: one instance is filled again and again, event after event.
 * Only for text that is known to be valid JSON do the members mean anything.
 */
export class ObjectScan {
  /** Members of the outermost object. */
  count = 0;
  /** Members of all objects in the text, repeated keys included. */
  members = 0;
  /** Whether the text opens one bracket, closes it with its last byte, and leaves no string open. */
  isWhole = false;
  /** How deep the text nests. */
  deepest = 0;
  /** Whether any string in the text holds a backslash. */
  hasEscape = false;
  keyStarts = new Uint32Array(32);
  keyEnds = new Uint32Array(32);
  valueStarts = new Uint32Array(32);
  valueEnds = new Uint32Array(32);

  /** Reads the object that stands in `text[start, end)`. Keys are without their quotes, escapes as they stand. */
  read(text: Uint8Array, start: number, end: number): void {
    let depth = 0;
    let deepest = 0;
    let count = 0;
    let members = 0;
    let hasEscape = false;
    let stringStart = 0;
    let stringEnd = 0;
    let last = start;
    let closings = 0;
    for (let i = start; i < end; i++) {
      const byte = text[i] as number; // within bounds by the loop condition
      if (byte <= SPACE) continue;
      if (byte === QUOTE) {
        stringStart = i + 1;
        let inner = text[++i];
        while (inner !== QUOTE && i < end) {
          if (inner === BACKSLASH) {
            hasEscape = true;
            i++;
          }
          inner = text[++i];
        }
        stringEnd = i;
      } else if (byte === COLON) {
        members++;
        if (depth === 1) {
          if (count === this.keyStarts.length) this.grow();
          this.keyStarts[count] = stringStart;
          this.keyEnds[count] = stringEnd;
          this.valueStarts[count] = skipSpace(text, i + 1);
          count++;
        }
      } else if (byte === COMMA) {
        if (depth === 1) this.valueEnds[count - 1] = last + 1;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (++depth > deepest) deepest = depth;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth--;
        if (depth === 0) {
          closings = closings === 0 ? i : -1;
          if (count > 0) this.valueEnds[count - 1] = last + 1;
        }
      }
      last = i;
    }
    this.count = count;
    this.members = members;
    this.isWhole = depth === 0 && deepest > 0 && closings === last && stringEnd < end;
    this.deepest = deepest;
    this.hasEscape = hasEscape;
  }

  /** Takes over the members of another one. */
  copy({ count, keyStarts, keyEnds, valueStarts, valueEnds }: ObjectScan): void {
    this.count = 0;
    for (let i = 0; i < count; i++) {
      this.add(keyStarts[i] as number, keyEnds[i] as number, valueStarts[i] as number, valueEnds[i] as number); // as above
    }
  }

  /** Adds a member that someone else has located. */
  add(keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    if (this.count === this.keyStarts.length) this.grow();
    this.keyStarts[this.count] = keyStart;
    this.keyEnds[this.count] = keyEnd;
    this.valueStarts[this.count] = valueStart;
    this.valueEnds[this.count] = valueEnd;
    this.count++;
  }

  private grow(): void {
    const wider = (column: Uint32Array) => {
      const copy = new Uint32Array(column.length * 2);
      copy.set(column);
      return copy;
    };
    this.keyStarts = wider(this.keyStarts);
    this.keyEnds = wider(this.keyEnds);
    this.valueStarts = wider(this.valueStarts);
    this.valueEnds = wider(this.valueEnds);
  }
}

function skipSpace(text: Uint8Array, from: number): number {
  let i = from;
  while (i < text.length && (text[i] ?? 0) <= SPACE) i++;
  return i;
}

/** Members of all objects in a parsed value: fewer than `ObjectScan.members` when the text repeats a key. */
export function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') members += countMembers(item);
    return members;
  }
  for (const key in value) {
    members++;
    const member: unknown = value[key as keyof typeof value]; // `key` was just read from `value`
    if (typeof member === 'object') members += countMembers(member);
  }
  return members;
}
