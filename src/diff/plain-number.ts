const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const MOST_DIGITS = 20;

/**
 * Whether the JSON number in `text[start, end)` is certainly written as `canonicalNumber` would: digits without a
 * needless zero, no exponent.
 */
export function isPlainNumber(text: Uint8Array, start: number, end: number): boolean {
  let i = text[start] === MINUS ? start + 1 : start;
  if (end - i > MOST_DIGITS) return false;
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
