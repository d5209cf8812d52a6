/** A 64-bit hash or seed in two halves. */
export interface Words {
  high: number;
  low: number;
}

/**
 * `hash_bytes_extended` of PostgreSQL's hashfn.c, as it works on little-endian machines: Bob Jenkins' lookup3. The
 * result replaces the seed in `state`.
 */
export function hashBytes(bytes: Uint8Array, start: number, end: number, state: Words): void {
  let at = start;
  let left = end - start;
  let a = (INITIAL + left) | 0;
  let b = a;
  let c = a;
  let mixes = state.high !== 0 || state.low !== 0;
  if (mixes) {
    a = (a + state.high) | 0;
    b = (b + state.low) | 0;
  }
  for (;;) {
    if (mixes) {
      a = (a - c) ^ rotated(c, 4);
      c = (c + b) | 0;
      b = (b - a) ^ rotated(a, 6);
      a = (a + c) | 0;
      c = (c - b) ^ rotated(b, 8);
      b = (b + a) | 0;
      a = (a - c) ^ rotated(c, 16);
      c = (c + b) | 0;
      b = (b - a) ^ rotated(a, 19);
      a = (a + c) | 0;
      c = (c - b) ^ rotated(b, 4);
      b = (b + a) | 0;
    }
    if (left < 12) break;
    a = (a + word(bytes, at, 4)) | 0;
    b = (b + word(bytes, at + 4, 4)) | 0;
    c = (c + word(bytes, at + 8, 4)) | 0;
    mixes = true;
    at += 12;
    left -= 12;
  }
  a = (a + word(bytes, at, Math.min(left, 4))) | 0;
  b = (b + word(bytes, at + 4, Math.min(left - 4, 4))) | 0;
  // The lowest byte is taken by the length.
  c = (c + (word(bytes, at + 8, left - 8) << 8)) | 0;
  finish(a, b, c, state);
}

/** `hash_bytes_uint32_extended` of the same file. The result replaces the seed in `state`. */
export function hashUint32(value: number, state: Words): void {
  let a = (INITIAL + 4) | 0;
  let b = a;
  let c = a;
  if (state.high !== 0 || state.low !== 0) {
    a = (a + state.high) | 0;
    b = (b + state.low) | 0;
    a = (a - c) ^ rotated(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotated(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotated(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotated(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotated(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotated(b, 4);
    b = (b + a) | 0;
  }
  finish((a + value) | 0, b, c, state);
}

const INITIAL = 0x9e3779b9 + 3_923_095;

function finish(first: number, second: number, third: number, state: Words): void {
  let a = first;
  let b = second;
  let c = third;
  c = (c ^ b) - rotated(b, 14);
  a = (a ^ c) - rotated(c, 11);
  b = (b ^ a) - rotated(a, 25);
  c = (c ^ b) - rotated(b, 16);
  a = (a ^ c) - rotated(c, 4);
  b = (b ^ a) - rotated(a, 14);
  c = (c ^ b) - rotated(b, 24);
  state.high = b >>> 0;
  state.low = c >>> 0;
}

function word(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value |= (bytes[at + i] as number) << (8 * i); // within the bytes to hash
  return value;
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
