import { ExactNumber, type ExactValue, isExactObject } from '../event/exact.js';

const PLAIN = /^-?\d+(?:\.\d+)?$/u;
const ZERO = /^-0(?:\.0*)?$/u;
const SCIENTIFIC = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d+)$/u;
/** So many digits are written out unless it is said otherwise. */
const MOST_EXPONENT = 1_000;
const ASCII = /^[\0-\x7f]*$/u;

/**
 * A value as PostgreSQL writes it once it has been stored as jsonb: members by the length of their names in bytes, then by
 * their bytes (jsonb_util.c, `lengthCompareJsonbStringValue`), numbers with the digits that they came with. Undefined for
 * exponents that are too large to be written out.
 */
export function jsonbText(value: ExactValue, mostExponent = MOST_EXPONENT): string | undefined {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (value instanceof ExactNumber) return numberText(value.raw, mostExponent);
  const parts: string[] = [];
  const add = (text: string | undefined, prefix: string) => text !== undefined && parts.push(prefix + text) > 0;
  if (isExactObject(value)) {
    const sorted = [...value].sort(([a], [b]) => order(a, b));
    return sorted.every(([key, member]) => add(jsonbText(member, mostExponent), `${JSON.stringify(key)}: `))
      ? `{${parts.join(', ')}}`
      : undefined;
  }
  return value.every((item: ExactValue) => add(jsonbText(item, mostExponent), ''))
    ? `[${parts.join(', ')}]`
    : undefined;
}

/** As `numeric_in` and `numeric_out` (numeric.c) have it: an exponent moves the point, and digits behind it are kept. */
function numberText(raw: string, mostExponent: number): string | undefined {
  if (PLAIN.test(raw)) return ZERO.test(raw) ? raw.slice(1) : raw;
  const [, sign = '', whole = '', fraction = '', exponent = ''] = SCIENTIFIC.exec(raw) ?? [];
  const by = Number(exponent);
  if (exponent === '' || Math.abs(by) > mostExponent) return undefined;
  const digits = whole + fraction;
  const scale = Math.max(0, fraction.length - by);
  const moved = digits.padEnd(digits.length + by - fraction.length + scale, '0').padStart(scale + 1, '0');
  const plain = moved.slice(0, moved.length - scale).replace(/^0+(?=\d)/u, '');
  const text = scale === 0 ? plain : `${plain}.${moved.slice(-scale)}`;
  return /[1-9]/u.test(text) ? sign + text : text;
}

function order(a: string, b: string): number {
  if (ASCII.test(a) && ASCII.test(b)) return a.length - b.length || (a < b ? -1 : 1);
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length - y.length || Buffer.compare(x, y);
}
