import { findSyntaxError } from './json-syntax.js';
import { endOfString } from './json-tokens.js';
import { formatPointer } from './pointer.js';

/** Where a JSON text goes wrong and why. */
export interface JsonError {
  /** A sentence without the position: `a comma before the closing }`. */
  readonly message: string;
  /** The first byte that cannot stand there; `end` when the text stops too early. */
  readonly offset: number;
}

/** Why `bytes[start, end)` is no JSON text (RFC 8259), to the byte. */
export function describeJsonError(bytes: Uint8Array, start: number, end: number): JsonError {
  return findSyntaxError(bytes, start, end) ?? { message: 'the text cannot be parsed', offset: start };
}

/** The first byte in `bytes[start, end)` that is no part of well-formed UTF-8 (RFC 3629), -1 when all is well. */
export function findInvalidUtf8(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end) {
    const length = sequenceLength(bytes, i, end);
    if (length === 0) return i;
    i += length;
  }
  return -1;
}

/** The length of the UTF-8 sequence at `i`, 0 when there is none. */
function sequenceLength(bytes: Uint8Array, i: number, end: number): number {
  const first = bytes[i] ?? 0;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (i + length > end) return 0;
  for (let k = 1; k < length; k++) if (((bytes[i + k] ?? 0) & 0xc0) !== 0x80) return 0;
  const second = bytes[i + 1] ?? 0;
  // Over-long forms, surrogates, and what lies beyond U+10FFFF.
  if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0;
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0;
  return length;
}

const UNICODE_ESCAPE = /\\(?:u([\da-fA-F]{4})|[^u])/gu;

/**
 * The index in valid JSON text of the first escape that stands for half of a surrogate pair, -1 when there is none.
 * An escaped half beside an unescaped one is alone, too: text decoded from UTF-8 holds no unescaped half.
 */
export function findLoneSurrogate(text: string): number {
  let highAt = -1;
  for (const match of text.matchAll(UNICODE_ESCAPE)) {
    const unit = Number.parseInt(match[1] ?? '0', 16);
    const isPaired = highAt >= 0 && match.index === highAt + 6 && unit >= 0xdc00 && unit <= 0xdfff;
    if (highAt >= 0 && !isPaired) return highAt;
    highAt = -1;
    if (isPaired) continue;
    if (unit >= 0xdc00 && unit <= 0xdfff) return match.index;
    if (unit >= 0xd800 && unit <= 0xdbff) highAt = match.index;
  }
  return highAt;
}

/** A member whose key an earlier member of the same object has. */
export interface DuplicateKey {
  readonly pointer: string;
  /** The opening quote of the repeated key. */
  readonly offset: number;
}

/** Every repeated key in the valid JSON text `bytes[start, end)`, in the order of the text. Keys are compared unescaped. */
export function findDuplicateKeys(bytes: Uint8Array, start: number, end: number): DuplicateKey[] {
  const found: DuplicateKey[] = [];
  const open: Level[] = [];
  let isKeyDue = false;
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    const level = open.at(-1);
    if (byte === 0x22) {
      const to = endOfString(bytes, i);
      if (isKeyDue && level?.keys !== undefined) {
        level.token = keyText(bytes, i, to);
        if (level.keys.has(level.token)) found.push({ pointer: formatPointer(open.map(tokenOf)), offset: i });
        level.keys.add(level.token);
        isKeyDue = false;
      }
      i = to - 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      open.push(byte === 0x7b ? { keys: new Set(), token: '', index: 0 } : { keys: undefined, token: '', index: 0 });
      isKeyDue = byte === 0x7b;
    } else if (byte === 0x7d || byte === 0x5d) {
      open.pop();
    } else if (byte === 0x2c && level !== undefined) {
      level.index++;
      isKeyDue = level.keys !== undefined;
    }
  }
  return found;
}

interface Level {
  /** Undefined in an array. */
  readonly keys: Set<string> | undefined;
  token: string;
  index: number;
}

function tokenOf({ keys, token, index }: Level): string {
  return keys === undefined ? String(index) : token;
}

function keyText(bytes: Uint8Array, start: number, end: number): string {
  const quoted = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', start, end);
  return JSON.parse(quoted) as string; // the key of valid JSON is a string
}
