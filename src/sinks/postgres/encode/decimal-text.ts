const HEADER_BYTES = 8;
const NEGATIVE = 0x4000;
const GROUP = 4;
const SPECIAL: Readonly<Record<number, string>> = { 49152: 'NaN', 53248: 'Infinity', 61440: '-Infinity' };

/**
 * The binary form of `numeric` (`numeric_send` in PostgreSQL's numeric.c) as the server prints it.
 * @param scale digits behind the point to which it is rounded, half away from zero; as many as it came with if undefined.
 */
export function numericText(view: DataView, at: number, scale?: number): string {
  const count = view.getInt16(at);
  const weight = view.getInt16(at + 2);
  const sign = view.getUint16(at + 4);
  const own = view.getUint16(at + 6);
  const special = SPECIAL[sign];
  if (special !== undefined) return special;
  let digits = '';
  for (let group = 0; group < count; group++) {
    digits += String(view.getInt16(at + HEADER_BYTES + 2 * group)).padStart(GROUP, '0');
  }
  // The number is 0.digits × 10^point.
  const point = (weight + 1) * GROUP;
  const wanted = scale ?? own;
  const whole = rounded(digits, point, wanted);
  const text = withPoint(whole, Math.max(0, wanted));
  return sign === NEGATIVE && /[1-9]/.test(text) ? `-${text}` : text;
}

/** The number times 10^scale, as a whole number; below a scale of 0 the zeros stay. */
function rounded(digits: string, point: number, scale: number): string {
  const kept = point + scale;
  if (kept < 0) return '0';
  const padded = digits.padEnd(kept + 1, '0');
  const cut = BigInt(padded.slice(0, kept) || '0') + ((padded[kept] ?? '0') >= '5' ? 1n : 0n);
  return scale < 0 ? `${cut}${cut === 0n ? '' : '0'.repeat(-scale)}` : String(cut);
}

function withPoint(whole: string, scale: number): string {
  if (scale === 0) return whole;
  const padded = whole.padStart(scale + 1, '0');
  return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}
