const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/u;

// 0001-01-01 and 10000-01-01 in microseconds.
const FIRST_US = -62_135_596_800_000_000;
const END_US = 253_402_300_800_000_000;

/**
 * Microseconds since the epoch of a number that counts seconds, milli-, micro- or nanoseconds since then, whichever
 * fits its magnitude; NaN when it is no number or lies outside of the years 1 to 9999. What is finer than a microsecond
 * is cut off, downwards, and so is what a double cannot hold.
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
  if (magnitude < 1e14) return magnitude < 9e12 ? value * 1e3 : within(lastDouble(BigInt(value) * 1_000n));
  return magnitude < 1e17 ? value : Number.NaN; // no safe integer reaches nanoseconds
}

function decimalMicros(isNegative: boolean, whole: string, fraction: string): number {
  const point = whole.length + microsPerUnit(whole.length);
  const digits = whole + fraction;
  const kept = digits.slice(0, point).padEnd(point, '0');
  const isCut = /[1-9]/u.test(digits.slice(point));
  const magnitude = Number(kept);
  if (magnitude >= Number.MAX_SAFE_INTEGER) return within(lastDouble(signed(isNegative, kept, isCut)));
  if (!isNegative) return magnitude;
  return isCut ? -magnitude - 1 : -magnitude;
}

function signed(isNegative: boolean, digits: string, isCut: boolean): bigint {
  if (!isNegative) return BigInt(digits);
  return isCut ? -BigInt(digits) - 1n : -BigInt(digits);
}

/** The last double that is not above an integer. */
export function lastDouble(integer: bigint): number {
  for (let bits = 0; ; bits++) {
    const below = integer - BigInt.asUintN(bits, integer);
    if (BigInt(Number(below)) === below) return Number(below);
  }
}

/** The same to the digit, also where a double has to round it; undefined for what is no plain decimal. @param text digits of the number. */
export function epochDigits(text: string): bigint | undefined {
  const [, sign = '', whole = '', fraction = ''] = DECIMAL.exec(text) ?? [];
  if (whole === '') return undefined;
  const significant = whole.replace(/^0+(?=\d)/u, '');
  const point = significant.length + microsPerUnit(significant.length);
  const digits = significant + fraction;
  return signed(sign === '-', digits.slice(0, point).padEnd(point, '0'), /[1-9]/u.test(digits.slice(point)));
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
