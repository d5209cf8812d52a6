const WORD_SIZE = 2 ** 32;

/**
 * Hashes the id in `bytes[start, end)` exactly as PostgreSQL's `hashtextextended(id, 0)` does, so that both sides can
 * be compared without moving ids: `hash_bytes_extended` in src/common/hashfn.c (Jenkins' lookup3, little endian; a
 * seed of 0 is not mixed in). The low word goes to `out[at]`, the high word to `out[at + 1]`.
 */
export function hashId(bytes: Uint8Array, start: number, end: number, out: Uint32Array, at: number): void {
  const length = end - start;
  let a = (0x9e3779b9 + length + 3923095) | 0;
  let b = a;
  let c = a;
  let i = start;
  for (; end - i >= 12; i += 12) {
    a = (a + word(bytes, i)) | 0;
    b = (b + word(bytes, i + 4)) | 0;
    c = (c + word(bytes, i + 8)) | 0;

    a = ((a - c) | 0) ^ ((c << 4) | (c >>> 28));
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ ((a << 6) | (a >>> 26));
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ ((b << 8) | (b >>> 24));
    b = (b + a) | 0;
    a = ((a - c) | 0) ^ ((c << 16) | (c >>> 16));
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ ((a << 19) | (a >>> 13));
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ ((b << 4) | (b >>> 28));
    b = (b + a) | 0;
  }

  const left = end - i;
  a = (a + tail(bytes, i, left)) | 0;
  b = (b + tail(bytes, i + 4, left - 4)) | 0;
  // The lowest byte of c is kept for the length, which has been added at the start.
  c = (c + (tail(bytes, i + 8, left - 8) << 8)) | 0;

  c = ((c ^ b) - ((b << 14) | (b >>> 18))) | 0;
  a = ((a ^ c) - ((c << 11) | (c >>> 21))) | 0;
  b = ((b ^ a) - ((a << 25) | (a >>> 7))) | 0;
  c = ((c ^ b) - ((b << 16) | (b >>> 16))) | 0;
  a = ((a ^ c) - ((c << 4) | (c >>> 28))) | 0;
  b = ((b ^ a) - ((a << 14) | (a >>> 18))) | 0;
  c = ((c ^ b) - ((b << 24) | (b >>> 8))) | 0;
  out[at] = c;
  out[at + 1] = b;
}

/** Four bytes, which the caller knows to be there. */
function word(bytes: Uint8Array, i: number): number {
  return (
    (bytes[i] as number) | // within bounds: the caller has counted
    ((bytes[i + 1] as number) << 8) | // as above
    ((bytes[i + 2] as number) << 16) | // as above
    ((bytes[i + 3] as number) << 24) // as above
  );
}

/** The first `count` of four bytes, the others taken as zero. */
function tail(bytes: Uint8Array, i: number, count: number): number {
  if (count >= 4) return word(bytes, i);
  let value = 0;
  for (let k = 0; k < count; k++) value |= (bytes[i + k] as number) << (8 * k); // within bounds: the caller has counted
  return value;
}

/** The sum of id hashes modulo 2^64: the same for the same ids, in whatever order they come. */
export interface Checksum {
  /** Adds one hash, given as the two words that `hashId` writes. */
  add(low: number, high: number): void;
  /** Adds hashes `[from, to)` of a column as `EventBatch.idHashes` holds it; all of them by default. */
  addAll(hashes: Uint32Array, from?: number, to?: number): void;
  /** Adds another checksum, or the 16 digits that one has printed. */
  merge(other: Checksum | string): void;
  /** 16 hexadecimal digits. */
  toString(): string;
}

/** A double holds the sum of so many words of 32 bits exactly. */
const MOST_AT_ONCE = 2 ** 20;

/** Opens a checksum that holds no id yet. */
export function createChecksum(): Checksum {
  let lowSum = 0;
  let highSum = 0;
  const add = (low: number, high: number) => {
    lowSum += low;
    const carry = lowSum >= WORD_SIZE ? 1 : 0;
    lowSum -= carry * WORD_SIZE;
    highSum = (highSum + high + carry) % WORD_SIZE;
  };
  const addExactly = (hashes: Uint32Array, from: number, to: number) => {
    let low = 0;
    let high = 0;
    for (let i = from; i < to; i++) {
      low += hashes[2 * i] as number; // within bounds: the caller has counted
      high += hashes[2 * i + 1] as number; // as above
    }
    add(low % WORD_SIZE, (high + Math.floor(low / WORD_SIZE)) % WORD_SIZE);
  };
  return {
    add,
    addAll(hashes, from = 0, to = hashes.length / 2) {
      const most = hashes.length / 2;
      for (let i = from; i < to; i += MOST_AT_ONCE) addExactly(hashes, i, Math.min(to, most, i + MOST_AT_ONCE));
    },
    merge(other) {
      const digits = other.toString();
      add(Number.parseInt(digits.slice(8), 16), Number.parseInt(digits.slice(0, 8), 16));
    },
    toString: () => hex(highSum) + hex(lowSum),
  };
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
