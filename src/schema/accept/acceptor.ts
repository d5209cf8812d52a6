import type { ObjectScan } from '../../event/scan.js';
import { escapeEnd, isDigit, isSame, plainEnd, skipSpace, standsAt } from './bytes.js';
import { type AcceptMember, AcceptNode, Kind, signatureOf } from './node.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
const NO = -1;

const DEEPEST = 64;
const MOST_DIGITS = 15;
const MOST_UNKNOWN_KEYS = 256;
const ANYTHING = new AcceptNode();

/**
 * Walks the bytes of an event once and says whether it is, for certain, an RFC 8259 object without repeated keys that
 * is valid under a schema; the members are located on the way. It never says no: what it does not accept, for whatever
 * reason, goes to `JSON.parse` and the real check. The text must be valid UTF-8.
 */
export class Acceptor {
  private text: Uint8Array = new Uint8Array(0);
  private view: Buffer = Buffer.alloc(0);
  private scan: ObjectScan | undefined;
  /** Keys, unknown to the schema, of the objects that are open, innermost last. */
  private keyStarts = new Uint32Array(256);
  private signatures = new Int32Array(256);
  private keys = 0;

  /** Turns to the buffer in which the next events lie. */
  begin(text: Uint8Array): void {
    this.text = text;
    this.view = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  }

  /** Whether `text[start, end)` is certainly valid under `node`; fills `scan`, if given, when it is. */
  accepts(node: AcceptNode, start: number, end: number, scan?: ObjectScan): boolean {
    const { text } = this;
    this.scan = scan;
    this.keys = 0;
    if (scan !== undefined) scan.count = 0;
    const first = skipSpace(text, start);
    if (text[first] !== OPEN_BRACE) return false;
    const behind = this.object(node, first, 1);
    return behind !== NO && behind <= end && skipSpace(text, behind) >= end;
  }

  /** Position behind the value at `at`, or NO. */
  private value(node: AcceptNode, at: number, depth: number): number {
    if (node.isUncertain) return NO;
    const byte = this.text[at] as number; // past the end it is undefined, which nothing below accepts
    if (byte === QUOTE) return this.string(node, at + 1);
    if (byte === OPEN_BRACE) return this.object(node, at, depth + 1);
    if ((byte >= ZERO && byte <= NINE) || byte === MINUS) return this.number(node, at);
    if (byte === OPEN_BRACKET) return this.array(node, at, depth + 1);
    return this.word(node, at, byte);
  }

  private object(node: AcceptNode, at: number, depth: number): number {
    if (depth > DEEPEST || node.isUncertain || (node.kinds & Kind.object) === 0) return NO;
    const { text, scan } = this;
    const outerKeys = this.keys;
    const { members } = node;
    let seen = 0;
    let expected = node.first;
    let previous: AcceptMember | undefined;
    let i = skipSpace(text, at + 1);
    if (text[i] === CLOSE_BRACE) return node.required === 0 ? i + 1 : NO;
    for (;;) {
      if (text[i] !== QUOTE) return NO;
      const keyStart = i + 1;
      let keyEnd = NO;
      let child = ANYTHING;
      // Reading behind the end of an array is slow.
      const guess = expected < members.length ? members[expected] : undefined;
      if (guess !== undefined && standsAt(text, keyStart, guess.key) && text[keyStart + guess.key.length] === QUOTE) {
        if ((seen & guess.bit) !== 0) return NO;
        seen |= guess.bit;
        keyEnd = keyStart + guess.key.length;
        child = guess.node;
        previous = guess;
        expected = guess.next;
      } else {
        keyEnd = plainEnd(text, keyStart);
        if (keyEnd < 0) return NO;
        const found = this.find(members, keyStart, keyEnd);
        const member = found === NO ? undefined : members[found];
        if (member !== undefined) {
          if ((seen & member.bit) !== 0) return NO;
          seen |= member.bit;
          child = member.node;
          if (previous === undefined) node.first = found;
          else previous.next = found;
          previous = member;
          expected = member.next;
        } else {
          if (!node.allowsOthers || this.isRepeated(outerKeys, keyStart, keyEnd)) return NO;
          child = node.others ?? ANYTHING;
        }
      }
      i = skipSpace(text, keyEnd + 1);
      if (text[i] !== COLON) return NO;
      const valueStart = skipSpace(text, i + 1);

      const valueEnd = this.value(child, valueStart, depth);
      if (valueEnd === NO) return NO;
      if (depth === 1) scan?.add(keyStart, keyEnd, valueStart, valueEnd);
      i = skipSpace(text, valueEnd);
      const byte = text[i];
      if (byte === COMMA) {
        i = skipSpace(text, i + 1);
      } else if (byte === CLOSE_BRACE) {
        this.keys = outerKeys;
        return (seen & node.required) === node.required ? i + 1 : NO;
      } else return NO;
    }
  }

  /** Whether the object that is open has had the key already, or too many keys to tell; if not, it has now. */
  private isRepeated(outerKeys: number, start: number, end: number): boolean {
    // Comparing each key with all others is only quick while they are few.
    if (this.keys - outerKeys >= MOST_UNKNOWN_KEYS) return true;
    const signature = signatureOf(this.text, start, end);
    for (let other = outerKeys; other < this.keys; other++) {
      if (this.signatures[other] === signature && isSame(this.text, this.keyStarts[other] ?? 0, start, end - start))
        return true;
    }
    if (this.keys === this.keyStarts.length) this.grow();
    this.keyStarts[this.keys] = start;
    this.signatures[this.keys] = signature;
    this.keys++;
    return false;
  }

  /** Index of the member with this key, or NO. */
  private find(members: readonly AcceptMember[], start: number, end: number): number {
    if (members.length === 0) return NO;
    const signature = signatureOf(this.text, start, end);
    for (let i = 0; i < members.length; i++) {
      const member = members[i] as AcceptMember; // within bounds by the loop condition
      if (member.signature !== signature || member.key.length !== end - start) continue;
      if (standsAt(this.text, start, member.key)) return i;
    }
    return NO;
  }

  private string(node: AcceptNode, start: number): number {
    if ((node.kinds & Kind.string) === 0) return NO;
    const { text } = this;
    let i = start;
    let bits = 0;
    let hasEscape = false;
    let byte = text[i] as number; // past the end it is undefined, which is not at least a space
    while (byte !== QUOTE) {
      if (!(byte >= SPACE)) return NO;
      if (byte === BACKSLASH) {
        const behind = escapeEnd(text, i + 1);
        if (behind < 0) return NO;
        hasEscape = true;
        i = behind;
      } else {
        bits |= byte;
        i++;
      }
      byte = text[i] as number; // as above
    }
    if (!node.hasTextRules) return i + 1;
    return !hasEscape && this.textFits(node, start, i, bits < 0x80) ? i + 1 : NO;
  }

  private textFits(node: AcceptNode, start: number, end: number, isAscii: boolean): boolean {
    const { text } = this;
    const { texts, tests, byteTests, minLength, maxLength } = node;
    for (const test of byteTests) if (!test(text, start, end)) return false;
    if (
      texts !== undefined &&
      !texts.some((allowed) => allowed.length === end - start && standsAt(text, start, allowed))
    ) {
      return false;
    }
    const length = end - start;
    const isBounded = minLength > 0 || maxLength < Number.POSITIVE_INFINITY;
    if (isBounded && (!isAscii || length < minLength || length > maxLength)) return false;
    if (tests.length === 0) return true;
    const decoded = this.view.toString(isAscii ? 'latin1' : 'utf8', start, end);
    for (const test of tests) if (!test(decoded)) return false;
    return true;
  }

  private number(node: AcceptNode, at: number): number {
    const { text } = this;
    const isNegative = text[at] === MINUS;
    const start = isNegative ? at + 1 : at;
    let i = start;
    let whole = 0;
    if (text[i] === ZERO) i++;
    else while (isDigit(text[i])) whole = whole * 10 + ((text[i++] as number) - ZERO); // a digit
    if (i === start || i - start > MOST_DIGITS) return NO;
    const isFraction = text[i] === POINT;
    if (isFraction) {
      const point = i++;
      while (isDigit(text[i])) i++;
      if (i === point + 1) return NO;
    }
    // Exponents are left to the real check.
    if (((text[i] ?? 0) | 0x20) === 0x65) return NO;
    if ((node.kinds & (isFraction ? Kind.fraction : Kind.integer)) === 0) return NO;
    if (!node.hasLimits) return i;
    const value = isFraction ? Number(this.view.toString('latin1', at, i)) : isNegative ? -whole : whole;
    return node.contains(value) ? i : NO;
  }

  private array(node: AcceptNode, at: number, depth: number): number {
    if (depth > DEEPEST || (node.kinds & Kind.array) === 0) return NO;
    const { text } = this;
    const item = node.items ?? ANYTHING;
    let count = 0;
    let i = skipSpace(text, at + 1);
    if (text[i] === CLOSE_BRACKET) return node.minItems === 0 ? i + 1 : NO;
    for (;;) {
      const end = this.value(item, i, depth);
      if (end === NO) return NO;
      count++;
      i = skipSpace(text, end);
      const byte = text[i];
      if (byte === COMMA) i = skipSpace(text, i + 1);
      else if (byte === CLOSE_BRACKET) return count >= node.minItems && count <= node.maxItems ? i + 1 : NO;
      else return NO;
    }
  }

  private word(node: AcceptNode, at: number, first: number): number {
    const { text } = this;
    if (first === 0x74) return (node.kinds & Kind.boolean) !== 0 && standsAt(text, at, TRUE) ? at + 4 : NO;
    if (first === 0x66) return (node.kinds & Kind.boolean) !== 0 && standsAt(text, at, FALSE) ? at + 5 : NO;
    return (node.kinds & Kind.null) !== 0 && standsAt(text, at, NULL) ? at + 4 : NO;
  }

  private grow(): void {
    const { keyStarts, signatures } = this;
    this.keyStarts = new Uint32Array(keyStarts.length * 2);
    this.keyStarts.set(keyStarts);
    this.signatures = new Int32Array(signatures.length * 2);
    this.signatures.set(signatures);
  }
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');
