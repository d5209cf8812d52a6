/** Writes JSON as PostgreSQL prints it once it has been stored as jsonb, straight from bytes to bytes. */
export interface JsonbBytes {
  /** What has been written; good until the next call. */
  readonly bytes: Uint8Array;
  /**
   * Resolves a document to the length of its text in `bytes`. -1 where that takes more than putting pieces in another order: escapes,
   * exponents, zeros below zero, members that come twice. @param json valid JSON.
   */
  write(json: Uint8Array, start: number, end: number): number;
}

/** A writer with room for documents of any size. */
export function createJsonbBytes(): JsonbBytes {
  return new Writer();
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const LETTER_E = 0x45;
const LETTER_SMALL_E = 0x65;
/** Where the key of a member begins and ends, quotes included, and where its value begins. */
const MEMBER = 3;

class Writer implements JsonbBytes {
  bytes: Uint8Array = new Uint8Array(1 << 12);
  private json: Uint8Array = this.bytes;
  private at = 0;
  private to = 0;
  /** Members of the objects that are open, those of the innermost last. */
  private readonly members: number[] = [];

  write(json: Uint8Array, start: number, end: number): number {
    // A space behind each comma and colon at most doubles what is there.
    if (this.bytes.length < 2 * (end - start)) this.bytes = new Uint8Array(4 * (end - start));
    this.json = json;
    this.at = start;
    this.to = 0;
    this.members.length = 0;
    return this.value() ? this.to : -1;
  }

  private value(): boolean {
    switch (this.next()) {
      case OPEN_OBJECT:
        return this.object();
      case OPEN_ARRAY:
        return this.array();
      case QUOTE:
        return this.copy(this.stringEnd());
      default:
        return this.copy(this.scalarEnd());
    }
  }

  private object(): boolean {
    const { members } = this;
    const first = members.length;
    this.at++;
    for (let byte = this.next(); byte !== CLOSE_OBJECT; byte = this.next()) {
      if (byte === COMMA) {
        this.at++;
        continue;
      }
      const from = this.at;
      const to = this.stringEnd();
      if (to < 0) return false;
      this.at = to;
      this.next();
      this.at++;
      this.next();
      members.push(from, to, this.at);
      if (!this.skip()) return false;
    }
    const end = this.at + 1;
    this.put(OPEN_OBJECT);
    if (!this.sorted(first)) return false;
    const last = members.length;
    for (let at = first; at < last; at += MEMBER) {
      if (at > first) this.separate(COMMA);
      this.at = members[at] as number; // within bounds by the loop condition
      this.copy(members[at + 1] as number); // as above
      this.separate(COLON);
      this.at = members[at + 2] as number; // as above
      if (!this.value()) return false;
    }
    members.length = first;
    this.put(CLOSE_OBJECT);
    this.at = end;
    return true;
  }

  private array(): boolean {
    this.at++;
    this.put(OPEN_ARRAY);
    for (let byte = this.next(); byte !== CLOSE_ARRAY; byte = this.next()) {
      if (byte === COMMA) {
        this.at++;
        this.separate(COMMA);
      } else if (!this.value()) return false;
    }
    this.at++;
    this.put(CLOSE_ARRAY);
    return true;
  }

  /** Brings members into the order of jsonb; false when two have one name. */
  private sorted(first: number): boolean {
    const { members } = this;
    for (let at = first + MEMBER; at < members.length; at += MEMBER) {
      for (let to = at; to > first; to -= MEMBER) {
        const order = this.compare(to - MEMBER, to);
        if (order === 0) return false;
        if (order < 0) break;
        this.swap(to - MEMBER, to);
      }
    }
    return true;
  }

  /** By the length of their names in bytes, then by their bytes (jsonb_util.c, `lengthCompareJsonbStringValue`). */
  private compare(a: number, b: number): number {
    const { members, json } = this;
    const [fromA, fromB] = [members[a] as number, members[b] as number]; // members come whole
    const length = (members[a + 1] as number) - fromA; // as above
    const difference = length - ((members[b + 1] as number) - fromB); // as above
    for (let i = 0; difference === 0 && i < length; i++) {
      const byte = (json[fromA + i] as number) - (json[fromB + i] as number); // within the names
      if (byte !== 0) return byte;
    }
    return difference;
  }

  private swap(a: number, b: number): void {
    const { members } = this;
    for (let i = 0; i < MEMBER; i++) {
      const held = members[a + i] as number; // members come whole
      members[a + i] = members[b + i] as number; // as above
      members[b + i] = held;
    }
  }

  /** Passes over a value; what is in it is looked at when it is written. */
  private skip(): boolean {
    let depth = 0;
    for (;;) {
      const byte = this.next();
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        depth++;
        this.at++;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        depth--;
        this.at++;
      } else if (byte === COMMA || byte === COLON) this.at++;
      else {
        const end = byte === QUOTE ? this.stringEnd() : this.scalarEnd();
        if (end < 0) return false;
        this.at = end;
      }
      if (depth === 0) return true;
    }
  }

  /** Behind the string that begins here; -1 when it has escapes. */
  private stringEnd(): number {
    const { json } = this;
    for (let at = this.at + 1; ; at++) {
      const byte = json[at];
      if (byte === QUOTE) return at + 1;
      if (byte === BACKSLASH || byte === undefined) return -1;
    }
  }

  /** Behind the number or word that begins here; -1 for a number that is printed in another way than it is written. */
  private scalarEnd(): number {
    const { json, at: start } = this;
    let at = start;
    let hasExponent = false;
    for (; at < json.length; at++) {
      const byte = json[at] as number; // within bounds by the loop condition
      if (byte <= SPACE || byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) break;
      hasExponent ||= byte === LETTER_E || byte === LETTER_SMALL_E;
    }
    const first = json[start] ?? 0;
    if (first > 0x39) return at;
    return hasExponent || (first === MINUS && isZero(json, start + 1, at)) ? -1 : at;
  }

  private copy(end: number): boolean {
    if (end < 0) return false;
    const { json, bytes } = this;
    let { to } = this;
    for (let at = this.at; at < end; at++) bytes[to++] = json[at] as number; // within the document
    this.to = to;
    this.at = end;
    return true;
  }

  private put(byte: number): void {
    this.bytes[this.to++] = byte;
  }

  private separate(byte: number): void {
    this.put(byte);
    this.put(SPACE);
  }

  /** The byte at which the next token begins. */
  private next(): number {
    const { json } = this;
    while ((json[this.at] ?? QUOTE) <= SPACE) this.at++;
    return json[this.at] ?? 0;
  }
}

function isZero(json: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (json[at] !== ZERO && json[at] !== POINT) return false;
  return true;
}
