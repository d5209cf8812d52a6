const DASH = 0x2d;
const COLON = 0x3a;
const POINT = 0x2e;
const ZERO = 0x30;
const LAST_DAYS = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether the bytes are a UUID in its plain form, 36 characters; of others nothing is said. */
export function isPlainUuid(text: Uint8Array, start: number, end: number): boolean {
  if (end - start !== 36) return false;
  for (let i = 0; i < 36; i++) {
    const byte = text[start + i] as number; // within bounds
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (byte !== DASH) return false;
    } else if (!((byte >= ZERO && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46))) {
      return false;
    }
  }
  return true;
}

/**
 * Whether the bytes are a date-time of the commonest form, `2024-01-31T12:00:00.123Z`. Every one that is, is an RFC 3339
 * date-time; of others, leap days and leap seconds among them, nothing is said.
 */
export function isPlainDateTime(text: Uint8Array, start: number, end: number): boolean {
  if (end - start < 20 || text[end - 1] !== 0x5a || text[start + 10] !== 0x54) return false;
  if (text[start + 4] !== DASH || text[start + 7] !== DASH) return false;
  if (text[start + 13] !== COLON || text[start + 16] !== COLON) return false;
  const year = two(text, start) * 100 + two(text, start + 2);
  const month = two(text, start + 5);
  const day = two(text, start + 8);
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= (LAST_DAYS[month] ?? 0))) return false;
  if (month === 2 && day === 29) return false;
  if (!(two(text, start + 11) <= 23 && two(text, start + 14) <= 59 && two(text, start + 17) <= 59)) return false;
  return end - start === 20 || isFraction(text, start + 19, end - 1);
}

/** A point and at least one digit. */
function isFraction(text: Uint8Array, start: number, end: number): boolean {
  if (text[start] !== POINT || end - start < 2) return false;
  for (let i = start + 1; i < end; i++) {
    const digit = (text[i] as number) - ZERO; // within bounds
    if (digit < 0 || digit > 9) return false;
  }
  return true;
}

/** The number that two digits make, NaN when they are none. */
function two(text: Uint8Array, at: number): number {
  const tens = (text[at] as number) - ZERO; // within bounds
  const ones = (text[at + 1] as number) - ZERO; // within bounds
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
