const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const PLAIN_ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

/** Position of the first byte from `from` on that is no white space of JSON. */
export function skipSpace(text: Uint8Array, from: number): number {
  let i = from;
  let byte = text[i];
  while (byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = text[++i];
  return i;
}

/** Position of the quote that closes a string; negative when anything but plain characters stands in front of it. */
export function plainEnd(text: Uint8Array, start: number): number {
  let i = start;
  let byte = text[i] as number; // past the end it is undefined, which is not at least a space
  while (byte !== QUOTE) {
    if (!(byte >= SPACE) || byte === BACKSLASH) return -1;
    byte = text[++i] as number; // as above
  }
  return i;
}

/** Position behind the escape whose letter is at `at`; negative for none, and for half a surrogate pair. */
export function escapeEnd(text: Uint8Array, at: number): number {
  const letter = text[at];
  if (letter !== 0x75) return letter !== undefined && PLAIN_ESCAPES.has(letter) ? at + 1 : -1;
  for (let i = at + 1; i <= at + 4; i++) if (!isHex(text[i] ?? 0)) return -1;
  const isSurrogate = ((text[at + 1] ?? 0) | 0x20) === 0x64 && (text[at + 2] ?? 0) >= 0x38;
  return isSurrogate ? -1 : at + 5;
}

/** Whether `bytes` stand at `start`. */
export function standsAt(text: Uint8Array, start: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (text[start + i] !== bytes[i]) return false;
  return true;
}

/** Whether the same `length` bytes stand in two places. */
export function isSame(text: Uint8Array, one: number, other: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (text[one + i] !== text[other + i]) return false;
  return true;
}

/** Whether a byte is a decimal digit. */
export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: number): boolean {
  const letter = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x66);
}
