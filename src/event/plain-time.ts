import { microsFromCivil } from './civil.js';

const ZERO = 0x30;
/** Farther away than that a double may be rounded. */
const FARTHEST_US = Number.MAX_SAFE_INTEGER;
const SCALE = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/**
 * Microseconds since the epoch of the commonest times (1684 to 2255), read from their bytes: `2024-01-31T12:00:00.123456Z` with up to
 * six digits of a fraction, and, where times without a zone mean UTC, the same without its `Z` and with a space for the
 * `T`. NaN for all others, of which nothing is said.
 */
export function plainTime(text: Uint8Array, start: number, end: number, isUtcWithoutZone: boolean): number {
  const hasZone = text[end - 1] === 0x5a;
  const last = hasZone ? end - 1 : end;
  const separator = text[start + 10];
  if (last - start < 19 || (!hasZone && !isUtcWithoutZone)) return Number.NaN;
  if (separator !== 0x54 && !(separator === 0x20 && !hasZone)) return Number.NaN;
  if (text[start + 4] !== 0x2d || text[start + 7] !== 0x2d) return Number.NaN;
  if (text[start + 13] !== 0x3a || text[start + 16] !== 0x3a) return Number.NaN;
  const hour = two(text, start + 11);
  const minute = two(text, start + 14);
  const second = two(text, start + 17);
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;
  const year = two(text, start) * 100 + two(text, start + 2);
  const day = microsFromCivil(year, two(text, start + 5), two(text, start + 8));
  const micros = day + (hour * 3_600 + minute * 60 + second) * 1_000_000 + fraction(text, start + 19, last);
  return micros <= FARTHEST_US && micros >= -FARTHEST_US ? micros : Number.NaN;
}

/** Microseconds of a point and up to six digits; 0 when nothing is there. */
function fraction(text: Uint8Array, start: number, end: number): number {
  const digits = end - start - 1;
  if (digits < 0) return 0;
  if (text[start] !== 0x2e || digits < 1 || digits > 6) return Number.NaN;
  let value = 0;
  for (let i = start + 1; i < end; i++) {
    const digit = (text[i] as number) - ZERO; // within bounds
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value * (SCALE[digits] ?? Number.NaN);
}

/** The number that two digits make, NaN when they are none. */
function two(text: Uint8Array, at: number): number {
  const tens = (text[at] as number) - ZERO; // the caller has checked the length
  const ones = (text[at + 1] as number) - ZERO; // as above
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
