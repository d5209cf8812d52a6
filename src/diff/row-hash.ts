import { canonicalJson } from '../event/canonical.js';
import { canonicalNumber } from '../event/canonical-number.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const SPACE = 0x20;
const MOST_PLAIN_DIGITS = 20;
const MOST_WATCHED_KEYS = 256;
const MOST_KNOWN_KEYS = 4_096;

/** Kinds of value: what has another kind has another hash. */
const TEXT = 0x51ed270b;
const NUMBER = 0x2545f491;
const WORD = 0x6c8e9cf5;
const OBJECT = 0x3c6ef372;
const ARRAY = 0x1b873593;
const BYTES = 0x7f4a7c15;

/** Thrown inside when an object may repeat a key: then the canonical text is hashed, in which the last one has won. */
class RepeatedKey extends Error {}

/**
 * Hashes JSON values to 128 bits: equal values have equal hashes, whatever the order of members, white space, escapes
 * and notation of numbers. One walk over the bytes, without parsing. MurmurHash3 (x86, 128 bits; public domain, Austin
 * Appleby) for the tokens; members are summed. The seed makes it a different function in each run, so that nobody can
 * prepare two events that collide.
 */
export class RowHasher {
  private readonly s0: number;
  private readonly s1: number;
  private readonly s2: number;
  private readonly s3: number;
  private text: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private buffer: Buffer = Buffer.alloc(0);
  private h0 = 0;
  private h1 = 0;
  private h2 = 0;
  private h3 = 0;
  private readonly keysByHash = new Map<number, KnownKey>();
  private readonly first = new KnownKey(Uint8Array.of(0), { h0: 0, h1: 0, h2: 0, h3: 0 });
  private previous = this.first;
  private keys = new Int32Array(256);
  private keyCount = 0;
  private watchesKeys = true;

  constructor(seed: readonly number[]) {
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = seed;
    this.s0 = s0 | 0;
    this.s1 = s1 | 0;
    this.s2 = s2 | 0;
    this.s3 = s3 | 0;
  }

  /** Hashes the valid JSON in `text[start, end)` by its value into `out[at, at + 4)`. */
  hashJson(text: Uint8Array, start: number, end: number, out: Uint32Array, at: number): void {
    this.turnTo(text);
    this.keyCount = 0;
    this.watchesKeys = true;
    this.previous = this.first;
    try {
      this.value(skipSpace(text, start));
    } catch (error) {
      if (!(error instanceof RepeatedKey)) throw error;
      this.canonicalValue(canonicalJson(this.buffer.toString('utf8', start, end)));
    }
    this.write(out, at);
  }

  /** Hashes bytes as they are. */
  hashBytes(text: Uint8Array, start: number, end: number, out: Uint32Array, at: number): void {
    this.turnTo(text);
    this.token(start, end, BYTES);
    this.finish(this.h0, this.h1, this.h2, this.h3, end - start);
    this.write(out, at);
  }

  /** Canonical JSON repeats no key. */
  private canonicalValue(text: string): void {
    this.keyCount = 0;
    this.watchesKeys = false;
    this.previous = this.first;
    this.turnTo(Buffer.from(text));
    this.value(0);
  }

  private write(out: Uint32Array, at: number): void {
    out[at] = this.h0;
    out[at + 1] = this.h1;
    out[at + 2] = this.h2;
    out[at + 3] = this.h3;
  }

  private turnTo(text: Uint8Array): void {
    if (this.text === text) return;
    this.text = text;
    this.view = new DataView(text.buffer, text.byteOffset, text.byteLength);
    this.buffer = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  }

  /** Hashes the value at `at`; returns the position behind it. */
  private value(at: number): number {
    const first = this.text[at] ?? 0;
    if (first === QUOTE) return this.string(at);
    if (first === OPEN_BRACE) return this.object(at);
    if (first === OPEN_BRACKET) return this.array(at);
    const end = scalarEnd(this.text, at);
    if (first === MINUS || (first >= ZERO && first <= 0x39)) this.number(at, end);
    else this.token(at, end, WORD);
    return end;
  }

  private object(at: number): number {
    const { text } = this;
    const outer = this.keyCount;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let i = skipSpace(text, at + 1);
    while (text[i] !== CLOSE_BRACE) {
      let key = this.previous.next;
      if (key.standsAt(text, i)) i += key.length;
      else {
        const start = i;
        i = this.string(i);
        key = this.known(start, i);
      }
      this.previous = key;
      this.noteKey(key.h0, outer);
      // A colon, mostly, with nothing around it.
      i = text[i] === COLON && (text[i + 1] as number) > SPACE ? i + 1 : skipSpace(text, skipSpace(text, i) + 1);
      i = this.value(i);
      // The two are joined by a product, so that values cannot change places between keys unseen.
      s0 = (s0 + mix(Math.imul(key.h0 ^ this.h1, 0x9e3779b1) ^ this.h0)) | 0;
      s1 = (s1 + mix(Math.imul(key.h1 ^ this.h2, 0x85ebca77) ^ this.h1)) | 0;
      s2 = (s2 + mix(Math.imul(key.h2 ^ this.h3, 0xc2b2ae3d) ^ this.h2)) | 0;
      s3 = (s3 + mix(Math.imul(key.h3 ^ this.h0, 0x27d4eb2f) ^ this.h3)) | 0;
      if ((text[i] as number) <= SPACE) i = skipSpace(text, i);
      if (text[i] === COMMA && (text[++i] as number) <= SPACE) i = skipSpace(text, i);
    }
    this.finish(s0, s1, s2, s3, OBJECT ^ (this.keyCount - outer));
    this.keyCount = outer;
    return i + 1;
  }

  /** The key that was just hashed; it is expected from now on behind the one before it, as it mostly comes again. */
  private known(start: number, end: number): KnownKey {
    const { h0, h1, h2, h3, text } = this;
    let key = this.keysByHash.get(h0);
    if (key?.h1 !== h1 || key.h2 !== h2 || key.h3 !== h3 || key.length !== end - start) {
      key = new KnownKey(text.slice(start, end), { h0, h1, h2, h3 });
      if (this.keysByHash.size < MOST_KNOWN_KEYS) this.keysByHash.set(h0, key);
    }
    this.previous.next = key;
    return key;
  }

  private noteKey(hash: number, outer: number): void {
    if (this.watchesKeys) {
      // Comparing each key with all others is only quick while they are few.
      if (this.keyCount - outer >= MOST_WATCHED_KEYS) throw new RepeatedKey();
      for (let other = outer; other < this.keyCount; other++) if (this.keys[other] === hash) throw new RepeatedKey();
    }
    if (this.keyCount === this.keys.length) {
      const wider = new Int32Array(this.keys.length * 2);
      wider.set(this.keys);
      this.keys = wider;
    }
    this.keys[this.keyCount++] = hash;
  }

  private array(at: number): number {
    const { text } = this;
    let { s0, s1, s2, s3 } = this;
    let count = 0;
    let i = skipSpace(text, at + 1);
    while (text[i] !== CLOSE_BRACKET) {
      i = skipSpace(text, this.value(i));
      s0 = mix(Math.imul(s0, 0x9e3779b1) + this.h0);
      s1 = mix(Math.imul(s1, 0x85ebca77) + this.h1);
      s2 = mix(Math.imul(s2, 0xc2b2ae3d) + this.h2);
      s3 = mix(Math.imul(s3, 0x27d4eb2f) + this.h3);
      count++;
      if (text[i] === COMMA) i = skipSpace(text, i + 1);
    }
    this.finish(s0, s1, s2, s3, ARRAY ^ count);
    return i + 1;
  }

  private string(at: number): number {
    const { text } = this;
    let end = at + 1;
    let hasEscape = false;
    for (let byte = text[end]; byte !== QUOTE; byte = text[end]) {
      if (byte === BACKSLASH) {
        hasEscape = true;
        end++;
      }
      end++;
    }
    if (hasEscape) this.other(JSON.stringify(JSON.parse(this.buffer.toString('utf8', at, end + 1))), TEXT);
    else this.token(at, end + 1, TEXT);
    return end + 1;
  }

  private number(start: number, end: number): void {
    if (isCanonical(this.text, start, end)) this.token(start, end, NUMBER);
    else this.other(canonicalNumber(this.buffer.toString('latin1', start, end)), NUMBER);
  }

  /** Hashes a token that does not stand in the text as it has to be hashed. */
  private other(token: string, kind: number): void {
    const { text, view, buffer } = this;
    const bytes = Buffer.from(token);
    this.turnTo(bytes);
    this.token(0, bytes.length, kind);
    this.text = text;
    this.view = view;
    this.buffer = buffer;
  }

  /** MurmurHash3_x86_128 of `text[start, end)`. */
  private token(start: number, end: number, kind: number): void {
    const { text, view } = this;
    let a = this.s0 ^ kind;
    let b = this.s1;
    let c = this.s2;
    let d = this.s3;
    let i = start;
    for (; end - i >= 16; i += 16) {
      a ^= Math.imul(rotated(Math.imul(view.getInt32(i, true), 0x239b961b), 15), 0xab0e9789);
      a = (Math.imul((rotated(a, 19) + b) | 0, 5) + 0x561ccd1b) | 0;
      b ^= Math.imul(rotated(Math.imul(view.getInt32(i + 4, true), 0xab0e9789), 16), 0x38b34ae5);
      b = (Math.imul((rotated(b, 17) + c) | 0, 5) + 0x0bcaa747) | 0;
      c ^= Math.imul(rotated(Math.imul(view.getInt32(i + 8, true), 0x38b34ae5), 17), 0xa1e38b93);
      c = (Math.imul((rotated(c, 15) + d) | 0, 5) + 0x96cd1c35) | 0;
      d ^= Math.imul(rotated(Math.imul(view.getInt32(i + 12, true), 0xa1e38b93), 18), 0x239b961b);
      d = (Math.imul((rotated(d, 13) + a) | 0, 5) + 0x32ac3b17) | 0;
    }
    const left = end - i;
    if (left > 12) d ^= Math.imul(rotated(Math.imul(word(text, i + 12, left - 12), 0xa1e38b93), 18), 0x239b961b);
    if (left > 8) c ^= Math.imul(rotated(Math.imul(word(text, i + 8, left - 8), 0x38b34ae5), 17), 0xa1e38b93);
    if (left > 4) b ^= Math.imul(rotated(Math.imul(word(text, i + 4, left - 4), 0xab0e9789), 16), 0x38b34ae5);
    if (left > 0) a ^= Math.imul(rotated(Math.imul(word(text, i, left), 0x239b961b), 15), 0xab0e9789);
    // What a token is part of mixes it; here its lanes only have to depend on one another.
    const length = end - start;
    a ^= length;
    a = (a + b + c + d) | 0;
    b = (b + a) | 0;
    c = (c + a) | 0;
    d = (d + a) | 0;
    a = mix(a);
    this.h0 = (a + b) | 0;
    this.h1 = b ^ (a << 7);
    this.h2 = (c + a) | 0;
    this.h3 = (d ^ a) | 0;
  }

  private finish(a0: number, b0: number, c0: number, d0: number, length: number): void {
    let a = a0 ^ length;
    let b = b0 ^ length;
    let c = c0 ^ length;
    let d = d0 ^ length;
    a = (a + b + c + d) | 0;
    b = (b + a) | 0;
    c = (c + a) | 0;
    d = (d + a) | 0;
    a = mix(a);
    b = mix(b);
    c = mix(c);
    d = mix(d);
    a = (a + b + c + d) | 0;
    this.h0 = a;
    this.h1 = (b + a) | 0;
    this.h2 = (c + a) | 0;
    this.h3 = (d + a) | 0;
  }
}

/** A member's name with its quotes, as it stands in a text, and its hash. */
class KnownKey {
  readonly length: number;
  readonly h0: number;
  readonly h1: number;
  readonly h2: number;
  readonly h3: number;
  /** The key that is expected behind this one. */
  next: KnownKey = this;

  constructor(
    private readonly bytes: Uint8Array,
    { h0, h1, h2, h3 }: Pick<KnownKey, 'h0' | 'h1' | 'h2' | 'h3'>,
  ) {
    this.length = bytes.length;
    this.h0 = h0;
    this.h1 = h1;
    this.h2 = h2;
    this.h3 = h3;
  }

  /** Whether the key stands in `text` at `at`: it ends with its quote, so no longer one can look like it. */
  standsAt(text: Uint8Array, at: number): boolean {
    const { bytes, length } = this;
    for (let i = 0; i < length; i++) if (text[at + i] !== bytes[i]) return false;
    return true;
  }
}

/** Whether a number is certainly written as `canonicalNumber` would: digits without a needless zero, no exponent. */
function isCanonical(text: Uint8Array, start: number, end: number): boolean {
  let i = text[start] === MINUS ? start + 1 : start;
  if (end - i > MOST_PLAIN_DIGITS) return false;
  const whole = i;
  while (i < end && ((text[i] as number) - ZERO) >>> 0 <= 9) i++; // within the token
  if (i === end) return text[whole] !== ZERO || (end - whole === 1 && whole === start);
  return text[i] === POINT && isPlainFraction(text, whole, i + 1, end);
}

function isPlainFraction(text: Uint8Array, whole: number, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (((text[i] as number) - ZERO) >>> 0 > 9) return false; // within the token
  const isBelowOne = text[whole] === ZERO;
  return text[end - 1] !== ZERO && !(isBelowOne && text[start] === ZERO);
}

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Up to four bytes, little endian. */
function word(text: Uint8Array, at: number, count: number): number {
  let value = text[at] as number; // at least one byte is there
  if (count > 1) value |= (text[at + 1] as number) << 8; // as `count` says
  if (count > 2) value |= (text[at + 2] as number) << 16; // as `count` says
  if (count > 3) value |= (text[at + 3] as number) << 24; // as `count` says
  return value;
}

function skipSpace(text: Uint8Array, from: number): number {
  let i = from;
  while ((text[i] as number) <= SPACE) i++; // valid JSON ends with a token
  return i;
}

function scalarEnd(text: Uint8Array, start: number): number {
  let i = start;
  for (; i < text.length; i++) {
    const byte = text[i] as number; // within bounds
    if (byte <= SPACE || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) break;
  }
  return i;
}
