import type { ValueWriter } from './field-writer.js';
import { shown, unfit } from './refusal.js';

const DASH = 0x2d;
const DIGITS = 32;

/** Hex digits with an optional dash behind each group of four, braces around allowed, as PostgreSQL reads a uuid. */
export const uuidValue: ValueWriter = {
  write(out, value, { column }) {
    const text = typeof value === 'string' ? withoutBraces(value) : '';
    out.reserve(20);
    out.view.setInt32(out.position, 16);
    if (!readUuid(text, out.bytes, out.position + 4)) return unfit('22P02', column, `${shown(value)} is no uuid`);
    out.position += 20;
    return undefined;
  },
};

function withoutBraces(text: string): string {
  return text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text;
}

function readUuid(text: string, bytes: Uint8Array, at: number): boolean {
  let digits = 0;
  let high = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DASH && digits % 4 === 0 && digits > 0 && digits < DIGITS && text.charCodeAt(i - 1) !== DASH) continue;
    const digit = hexDigit(code);
    if (digit < 0 || digits === DIGITS) return false;
    if (digits % 2 === 0) high = digit << 4;
    else bytes[at + (digits >> 1)] = high | digit;
    digits++;
  }
  return digits === DIGITS;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
