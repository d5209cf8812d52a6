import { canonicalJson } from '../event/canonical.js';
import { canonicalNumber } from '../event/canonical-number.js';
import { HashKind, KeyedHash } from './keyed-hash.js';
import { KnownKeys } from './known-key.js';
import { isPlainNumber } from './plain-number.js';
import { RepeatedKey, SeenKeys } from './seen-keys.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const MINUS = 0x2d;
const ZERO = 0x30;
const SPACE = 0x20;

/** Told from one another, as tokens are by their kinds. */
const OBJECT = 0x3c6ef372;
const ARRAY = 0x1b873593;

/**
 * Hashes JSON values to 128 bits: equal values have equal hashes, whatever the order of members, white space, escapes
 * and notation of numbers. One walk over the bytes, without parsing. Tokens are hashed under a secret key, so that nobody
 * can prepare two events that collide; members are mixed with their keys and summed.
 */
export class RowHasher {
  private readonly keyed: KeyedHash;
  /** What the hash of an array begins with. */
  private readonly s0: number;
  private readonly s1: number;
  private readonly s2: number;
  private readonly s3: number;
  private text: Uint8Array = new Uint8Array(0);
  private buffer: Buffer = Buffer.alloc(0);
  private h0 = 0;
  private h1 = 0;
  private h2 = 0;
  private h3 = 0;
  private readonly known = new KnownKeys();
  private readonly seen = new SeenKeys();
  private previous = this.known.first;

  constructor(seed: readonly number[]) {
    this.keyed = new KeyedHash(seed);
    this.token(0, 0, HashKind.list);
    this.s0 = this.h0;
    this.s1 = this.h1;
    this.s2 = this.h2;
    this.s3 = this.h3;
  }

  /** Hashes the valid JSON in `text[start, end)` by its value into `out[at, at + 4)`. */
  hashJson(text: Uint8Array, start: number, end: number, out: Uint32Array, at: number): void {
    this.turnTo(text);
    this.seen.restart(true);
    this.previous = this.known.first;
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
    this.keyed.hash(start, end, HashKind.bytes);
    this.keyed.write(out, at);
  }

  /** Canonical JSON repeats no key. */
  private canonicalValue(text: string): void {
    this.seen.restart(false);
    this.previous = this.known.first;
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
    this.keyed.turnTo(text);
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
    else this.token(at, end, HashKind.word);
    return end;
  }

  private object(at: number): number {
    const { text, seen } = this;
    const outer = seen.count;
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
        key = this.known.take(text.subarray(start, i), this.keyed);
        this.previous.next = key;
      }
      this.previous = key;
      seen.note(key.h0, outer);
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
    this.finish(s0, s1, s2, s3, OBJECT ^ (seen.count - outer));
    seen.count = outer;
    return i + 1;
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
    if (hasEscape) this.other(JSON.stringify(JSON.parse(this.buffer.toString('utf8', at, end + 1))), HashKind.text);
    else this.token(at, end + 1, HashKind.text);
    return end + 1;
  }

  private number(start: number, end: number): void {
    if (isPlainNumber(this.text, start, end)) this.token(start, end, HashKind.number);
    else this.other(canonicalNumber(this.buffer.toString('latin1', start, end)), HashKind.number);
  }

  /** Hashes a token that does not stand in the text as it has to be hashed. */
  private other(token: string, kind: HashKind): void {
    const { text, keyed } = this;
    const bytes = Buffer.from(token);
    keyed.turnTo(bytes);
    this.token(0, bytes.length, kind);
    keyed.turnTo(text);
  }

  private token(start: number, end: number, kind: HashKind): void {
    const { keyed } = this;
    keyed.hash(start, end, kind);
    this.h0 = keyed.h0;
    this.h1 = keyed.h1;
    this.h2 = keyed.h2;
    this.h3 = keyed.h3;
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

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
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
