/** Whether `bytes[start, end)` is a number as RFC 8259 §6 writes it. */
export function isJsonNumber(bytes: Uint8Array, start: number, end: number): boolean {
  let at = bytes[start] === 0x2d ? start + 1 : start;
  const integer = digitsEnd(bytes, at, end);
  if (integer === at || (bytes[at] === 0x30 && integer > at + 1)) return false;
  at = integer;
  if (at < end && bytes[at] === 0x2e) {
    const fraction = digitsEnd(bytes, at + 1, end);
    if (fraction === at + 1) return false;
    at = fraction;
  }
  if (at < end && ((bytes[at] ?? 0) | 0x20) === 0x65) {
    at += bytes[at + 1] === 0x2b || bytes[at + 1] === 0x2d ? 2 : 1;
    const exponent = digitsEnd(bytes, at, end);
    if (exponent === at) return false;
    at = exponent;
  }
  return at === end;
}

function digitsEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] ?? 0) >= 0x30 && (bytes[at] ?? 0) <= 0x39) at += 1;
  return at;
}
