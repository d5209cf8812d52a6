import type { ByteWriter } from './byte-writer.js';
import type { WireType } from './options.js';

/**
 * Writes a value straight from its JSON text; false when it is none of the plain cases, which are left to the
 * `ValueWriter` of the type, together with every refusal. Nothing is written then.
 */
export type BytesWriter = (out: ByteWriter, text: Uint8Array, start: number, end: number) => boolean;

/** The quick way for a type, undefined when there is none. */
export function bytesWriter(type: WireType): BytesWriter | undefined {
  switch (type) {
    case 'text':
      return plainText;
    case 'int2':
      return (out, text, start, end) => writeInt(out, 2, wholeNumberAt(text, start, end));
    case 'int4':
      return (out, text, start, end) => writeInt(out, 4, wholeNumberAt(text, start, end));
    case 'int8':
      return (out, text, start, end) => writeInt(out, 8, wholeNumberAt(text, start, end));
    case 'bool':
      return plainBool;
    default:
      return undefined;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ZERO = 0x30;
const MOST_DIGITS = 15;

/** Whether the text of a string is the string: a string without escapes. */
export function isPlainString(text: Uint8Array, start: number, end: number): boolean {
  if (text[start] !== QUOTE) return false;
  for (let i = start + 1; i < end; i++) if (text[i] === BACKSLASH) return false;
  return true;
}

/** The number that digits without fraction and exponent make; NaN for everything else and for more than 15 digits. */
function wholeNumberAt(text: Uint8Array, start: number, end: number): number {
  const isNegative = text[start] === MINUS;
  const first = isNegative ? start + 1 : start;
  if (end === first || end - first > MOST_DIGITS) return Number.NaN;
  let number = 0;
  for (let i = first; i < end; i++) {
    const digit = (text[i] as number) - ZERO; // within the text by the loop condition
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return isNegative ? -number : number;
}

/** The same for digits in a string. */
export function wholeNumberOf(text: string): number {
  const isNegative = text.charCodeAt(0) === MINUS;
  const first = isNegative ? 1 : 0;
  if (text.length === first || text.length - first > MOST_DIGITS) return Number.NaN;
  let number = 0;
  for (let i = first; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return isNegative ? -number : number;
}

/** Writes an integer of `size` bytes with its length; false when it does not fit or is none. */
function writeInt(out: ByteWriter, size: 2 | 4 | 8, number: number): boolean {
  if (size === 8) {
    if (Number.isNaN(number)) return false;
    out.int32(8);
    out.int64(number);
    return true;
  }
  const largest = size === 2 ? 32_767 : 2_147_483_647;
  if (!(number <= largest && number >= -largest - 1)) return false;
  out.int32(size);
  if (size === 2) out.int16(number);
  else out.int32(number);
  return true;
}

function plainText(out: ByteWriter, text: Uint8Array, start: number, end: number): boolean {
  if (!isPlainString(text, start, end)) return false;
  out.int32(end - start - 2);
  out.copy(text, start + 1, end - 1);
  return true;
}

function plainBool(out: ByteWriter, text: Uint8Array, start: number): boolean {
  const first = text[start];
  if (first !== 0x74 && first !== 0x66) return false;
  out.int32(1);
  out.byte(first === 0x74 ? 1 : 0);
  return true;
}
