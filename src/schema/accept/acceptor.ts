import type { ObjectScan } from '../../event/scan.js';
import { escapeEnd, plainEnd, skipSpace, standsAt } from './bytes.js';
import { type AcceptMember, AcceptNode, findMember, Kind } from './node.js';
import { numberEnd, wordEnd } from './scalars.js';
import { fitsText } from './texts.js';
import { UnknownKeys } from './unknown-keys.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
const NO = -1;

const DEEPEST = 64;
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
  private readonly keys = new UnknownKeys();

  /** Turns to the buffer in which the next events lie. */
  begin(text: Uint8Array): void {
    this.text = text;
    this.view = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  }

  /** Whether `text[start, end)` is certainly valid under `node`; fills `scan`, if given, when it is. */
  accepts(node: AcceptNode, start: number, end: number, scan?: ObjectScan): boolean {
    const { text } = this;
    this.scan = scan;
    this.keys.count = 0;
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
    if ((byte >= ZERO && byte <= NINE) || byte === MINUS) return numberEnd(node, this.text, at, this.view);
    if (byte === OPEN_BRACKET) return this.array(node, at, depth + 1);
    return wordEnd(node, this.text, at, byte);
  }

  private object(node: AcceptNode, at: number, depth: number): number {
    if (depth > DEEPEST || node.isUncertain || (node.kinds & Kind.object) === 0) return NO;
    const { text, scan } = this;
    const outerKeys = this.keys.count;
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
        const found = findMember(members, text, keyStart, keyEnd);
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
          if (!node.allowsOthers || this.keys.isRepeated(text, outerKeys, keyStart, keyEnd)) return NO;
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
        this.keys.count = outerKeys;
        return (seen & node.required) === node.required ? i + 1 : NO;
      } else return NO;
    }
  }

  private string(node: AcceptNode, start: number): number {
    if ((node.kinds & Kind.string) === 0) return NO;
    const { text } = this;
    let i = start;
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
        i++;
      }
      byte = text[i] as number; // as above
    }
    if (!node.hasTextRules) return i + 1;
    return !hasEscape && fitsText(node, this.view, start, i) ? i + 1 : NO;
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
}
