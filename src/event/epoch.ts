const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/u;

// 0001-01-01 and 10000-01-01 in microseconds.
const FIRST_US = -62_135_596_800_000_000;
const END_US = 253_402_300_800_000_000;

/**
 * Microseconds since the epoch of a number that counts seconds, milli-, micro- or nanoseconds since then, whichever
 * fits its magnitude; NaN when it is no number or lies outside of the years 1 to 9999. What is finer than a microsecond
 * is cut off, downwards.
 * @param raw the digits of the number, read instead of it where a double may not hold them.
 */
export function epochMicros(value: number | string, raw: string | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return integerMicros(value);
  const match = DECIMAL.exec(raw ?? String(value)) ?? DECIMAL.exec(String(value));
  if (match === null) return Number.NaN;
  const [, sign = '', whole = '', fraction = ''] = match;
  return decimalMicros(sign === '-', whole.replace(/^0+(?=\d)/u, ''), fraction);
}

function integerMicros(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude < 1e11) return within(value * 1e6);
  if (magnitude < 1e14) return value * 1e3;
  return magnitude < 1e17 ? value : Number.NaN; // no safe integer reaches nanoseconds
}

function decimalMicros(isNegative: boolean, whole: string, fraction: string): number {
  const point = whole.length + microsPerUnit(whole.length);
  const digits = whole + fraction;
  const magnitude = Number(digits.slice(0, point).padEnd(point, '0'));
  if (!isNegative) return within(magnitude);
  return within(/[1-9]/u.test(digits.slice(point)) ? -magnitude - 1 : -magnitude);
}

/** The same to the digit, also where a double has to round it; undefined for what is no plain decimal. @param text digits of the number. */
export function epochDigits(text: string): bigint | undefined {
  const [, sign = '', whole = '', fraction = ''] = DECIMAL.exec(text) ?? [];
  if (whole === '') return undefined;
  const significant = whole.replace(/^0+(?=\d)/u, '');
  const point = significant.length + microsPerUnit(significant.length);
  const digits = significant + fraction;
  const magnitude = BigInt(digits.slice(0, point).padEnd(point, '0'));
  if (sign === '') return magnitude;
  return /[1-9]/u.test(digits.slice(point)) ? -magnitude - 1n : -magnitude;
}

/** The power of ten that takes a count of so many digits to microseconds. */
function microsPerUnit(digits: number): number {
  if (digits <= 11) return 6;
  if (digits <= 14) return 3;
  return digits <= 17 ? 0 : -3;
}

function within(micros: number): number {
  return micros >= FIRST_US && micros < END_US ? micros : Number.NaN;
}
