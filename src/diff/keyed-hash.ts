/** What bytes are: the same bytes as another kind have another hash. */
export const HashKind = { text: 1, number: 2, word: 3, bytes: 4, line: 5, list: 6 } as const;

/** One of `HashKind`. */
export type HashKind = (typeof HashKind)[keyof typeof HashKind];

const KINDS = Object.values(HashKind);
const WORDS = 4;

/**
 * Hashes bytes to 128 bits under a secret key: whoever does not know the key cannot prepare two texts with one hash.
 * SipHash-1-3 over 32-bit words (HalfSipHash; Aumasson and Bernstein, public domain), begun with 128 bits of key, and
 * all of its state taken.
 */
export class KeyedHash {
  h0 = 0;
  h1 = 0;
  h2 = 0;
  h3 = 0;
  private text: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  /** The state behind the word that tells the kind. */
  private readonly starts = new Int32Array((KINDS.length + 1) * WORDS);

  /** @param key four words that are drawn anew for each run. */
  constructor(key: readonly number[]) {
    for (const kind of KINDS) {
      const [a = 0, b = 0, c = 0, d = 0] = key;
      const bytes = Uint8Array.of(kind, 0, 0, 0);
      this.starts.set([a, b, c ^ 0x6c796765, d ^ 0x74656462], kind * WORDS);
      this.turnTo(bytes);
      this.hash(0, bytes.length, kind);
      this.starts.set([this.h0, this.h1, this.h2, this.h3], kind * WORDS);
    }
  }

  /** Turns to the buffer in which the next bytes stand. */
  turnTo(text: Uint8Array): void {
    if (this.text === text) return;
    this.text = text;
    this.view = new DataView(text.buffer, text.byteOffset, text.byteLength);
  }

  /** Hashes `[start, end)` into `h0` to `h3`. */
  hash(start: number, end: number, kind: HashKind): void {
    const { text, view, starts } = this;
    let a = starts[kind * WORDS] as number; // a word for each kind
    let b = starts[kind * WORDS + 1] as number; // as above
    let c = starts[kind * WORDS + 2] as number; // as above
    let d = starts[kind * WORDS + 3] as number; // as above
    const whole = start + ((end - start) & ~3);
    for (let i = start; i < whole; i += 4) {
      const word = view.getInt32(i, true);
      d ^= word;
      a = (a + b) | 0;
      b = ((b << 5) | (b >>> 27)) ^ a;
      a = (a << 16) | (a >>> 16);
      c = (c + d) | 0;
      d = ((d << 8) | (d >>> 24)) ^ c;
      a = (a + d) | 0;
      d = ((d << 7) | (d >>> 25)) ^ a;
      c = (c + b) | 0;
      b = ((b << 13) | (b >>> 19)) ^ c;
      c = (c << 16) | (c >>> 16);
      a ^= word;
    }
    const last = tail(text, whole, end) | ((end - start) << 24);
    d ^= last;
    for (let round = 0; round < 4; round++) {
      a = (a + b) | 0;
      b = ((b << 5) | (b >>> 27)) ^ a;
      a = (a << 16) | (a >>> 16);
      c = (c + d) | 0;
      d = ((d << 8) | (d >>> 24)) ^ c;
      a = (a + d) | 0;
      d = ((d << 7) | (d >>> 25)) ^ a;
      c = (c + b) | 0;
      b = ((b << 13) | (b >>> 19)) ^ c;
      c = (c << 16) | (c >>> 16);
      if (round > 0) continue;
      a ^= last;
      c ^= 0xff;
    }
    this.h0 = a;
    this.h1 = b;
    this.h2 = c;
    this.h3 = d;
  }

  /** Writes the hash into `out[at, at + 4)`. */
  write(out: Uint32Array, at: number): void {
    out[at] = this.h0;
    out[at + 1] = this.h1;
    out[at + 2] = this.h2;
    out[at + 3] = this.h3;
  }
}

/** Up to three bytes, little endian. */
function tail(text: Uint8Array, at: number, end: number): number {
  let value = 0;
  if (at < end) value = text[at] as number; // within bounds, as all below
  if (at + 1 < end) value |= (text[at + 1] as number) << 8;
  if (at + 2 < end) value |= (text[at + 2] as number) << 16;
  return value;
}
