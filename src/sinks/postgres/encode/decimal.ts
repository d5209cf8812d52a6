import type { ByteWriter } from './byte-writer.js';

const DECIMAL = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/;
const LARGEST_EXPONENT = 16_383;
const POSITIVE = 0x0000;
const NEGATIVE = 0x4000;

/**
 * Writes a number given as decimal text in the binary form of `numeric`, every digit kept
 * (`numeric_recv` in PostgreSQL's numeric.c). Returns false when the text is no number, undefined when it is too large.
 */
export function writeNumeric(out: ByteWriter, text: string): boolean | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return writeSpecial(out, text.trim().toLowerCase());
  const [, sign, whole = '', fraction = '', exponentText = '0'] = match;
  if (whole === '' && fraction === '') return false;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > LARGEST_EXPONENT || whole.length + exponent > 131_072) return undefined;
  const scale = Math.max(0, fraction.length - exponent);
  if (scale > LARGEST_EXPONENT) return undefined;
  writeDigits(out, { digits: whole + fraction, point: whole.length + exponent, scale, isNegative: sign === '-' });
  return true;
}

function writeSpecial(out: ByteWriter, word: string): boolean {
  const sign = { nan: 0xc000, infinity: 0xd000, inf: 0xd000, '-infinity': 0xf000, '-inf': 0xf000 }[word];
  if (sign === undefined) return false;
  writeHeader(out, { count: 0, weight: 0, sign, scale: 0 });
  return true;
}

interface Decimal {
  readonly digits: string;
  /** The decimal point stands before this digit. */
  readonly point: number;
  readonly scale: number;
  readonly isNegative: boolean;
}

/** Cuts the digits into groups of four around the decimal point. */
function writeDigits(out: ByteWriter, { digits, point, scale, isNegative }: Decimal): void {
  const before = Math.ceil(Math.max(point, 0) / 4);
  const lead = point > 0 ? '0'.repeat(before * 4 - point) : '0'.repeat(-point);
  const aligned = lead + digits.padEnd(Math.max(point, 0), '0');
  const groups: number[] = [];
  for (let at = 0; at < aligned.length; at += 4) groups.push(Number(aligned.slice(at, at + 4).padEnd(4, '0')));
  let first = 0;
  while (first < groups.length && groups[first] === 0) first++;
  let end = groups.length;
  while (end > first && groups[end - 1] === 0) end--;
  const sign = isNegative && end > first ? NEGATIVE : POSITIVE;
  writeHeader(out, { count: end - first, weight: end > first ? before - 1 - first : 0, sign, scale });
  for (let i = first; i < end; i++) out.int16(groups[i] ?? 0);
}

function writeHeader(
  out: ByteWriter,
  header: { readonly count: number; readonly weight: number; readonly sign: number; readonly scale: number },
): void {
  out.int32(8 + 2 * header.count);
  out.int16(header.count);
  out.int16(header.weight);
  out.int16(header.sign > 0x7fff ? header.sign - 0x10000 : header.sign);
  out.int16(header.scale);
}
