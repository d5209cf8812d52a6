const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/u;
/** Beyond so many digits between them two numbers are compared as doubles. */
const MOST_SCALE = 2_000;

/** Whether two decimal numbers are at most `by` apart, by their exact values. */
export function isWithin(left: string, right: string, by: string): boolean {
  const [a, b, limit] = [partsOf(left), partsOf(right), partsOf(by)];
  const least = Math.min(a.exponent, b.exponent, limit.exponent);
  const most = Math.max(a.exponent, b.exponent, limit.exponent);
  if (!(most - least <= MOST_SCALE)) return Math.abs(Number(left) - Number(right)) <= Number(by);
  const [x, y, z] = [scaled(a, least), scaled(b, least), scaled(limit, least)];
  const distance = x > y ? x - y : y - x;
  return distance <= z;
}

interface Parts {
  readonly digits: bigint;
  /** The value is digits × 10^exponent. */
  readonly exponent: number;
}

function partsOf(text: string): Parts {
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] = PARTS.exec(text) ?? [];
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, exponent: Number(exponent) - fraction.length };
}

function scaled({ digits, exponent }: Parts, to: number): bigint {
  return digits * 10n ** BigInt(exponent - to);
}
