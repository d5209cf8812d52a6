const PLAIN_INTEGER = /^(?:0|-?[1-9]\d{0,20})$/u;
const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/u;

/**
 * A JSON number by its exact decimal value, in the form of RFC 8785, section 3.2.2.3, but with all of its digits:
 * `1.0`, `1e0` and `1` are `1`, `-0` is `0`, and 2^53 + 1 keeps its last digit.
 * @param text a valid JSON number.
 */
export function canonicalNumber(text: string): string {
  if (PLAIN_INTEGER.test(text)) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = PARTS.exec(text) ?? [];
  const leading = /^0*/u.exec(whole + fraction)?.[0].length ?? 0;
  const digits = withoutTrailingZeros((whole + fraction).slice(leading));
  if (digits === '') return '0';
  // The value is 0.digits × 10^point. A BigInt, since the exponent may have any length.
  const point = BigInt(exponent) + BigInt(whole.length - leading);
  return sign + layOut(digits, point);
}

function layOut(digits: string, point: bigint): string {
  if (point > 21n || point < -5n) return scientific(digits, point - 1n);
  const at = Number(point);
  if (at <= 0) return `0.${'0'.repeat(-at)}${digits}`;
  if (at >= digits.length) return digits.padEnd(at, '0');
  return `${digits.slice(0, at)}.${digits.slice(at)}`;
}

function scientific(digits: string, exponent: bigint): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  return `${digits.charAt(0)}${fraction}e${exponent > 0n ? '+' : ''}${exponent}`;
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end--;
  return digits.slice(0, end);
}
