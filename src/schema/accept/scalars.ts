import { isDigit, standsAt } from './bytes.js';
import { type AcceptNode, Kind } from './node.js';

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const LETTER_E = 0x65;
const LETTER_T = 0x74;
const LETTER_F = 0x66;
const NO = -1;
const MOST_DIGITS = 15;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

/** Position behind the number at `at`; -1 when it is not certainly one that fits. `view` holds the same bytes. */
export function numberEnd(node: AcceptNode, text: Uint8Array, at: number, view: Buffer): number {
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
  if (((text[i] ?? 0) | 0x20) === LETTER_E) return NO;
  if ((node.kinds & (isFraction ? Kind.fraction : Kind.integer)) === 0) return NO;
  if (!node.hasLimits) return i;
  const value = isFraction ? Number(view.toString('latin1', at, i)) : isNegative ? -whole : whole;
  return node.contains(value) ? i : NO;
}

/** Position behind `true`, `false` or `null` at `at`, of which `first` is the first byte; -1 when it is none that fits. */
export function wordEnd(node: AcceptNode, text: Uint8Array, at: number, first: number): number {
  if (first === LETTER_T) return (node.kinds & Kind.boolean) !== 0 && standsAt(text, at, TRUE) ? at + 4 : NO;
  if (first === LETTER_F) return (node.kinds & Kind.boolean) !== 0 && standsAt(text, at, FALSE) ? at + 5 : NO;
  return (node.kinds & Kind.null) !== 0 && standsAt(text, at, NULL) ? at + 4 : NO;
}
