/** 128 bits of hash. */
interface KeyHash {
  readonly h0: number;
  readonly h1: number;
  readonly h2: number;
  readonly h3: number;
}

/** A member's name with its quotes, as it stands in a text, and its hash. */
export class KnownKey {
  readonly length: number;
  readonly h0: number;
  readonly h1: number;
  readonly h2: number;
  readonly h3: number;
  /** The key that is expected behind this one. */
  next: KnownKey = this;

  constructor(
    private readonly bytes: Uint8Array,
    { h0, h1, h2, h3 }: KeyHash,
  ) {
    this.length = bytes.length;
    this.h0 = h0;
    this.h1 = h1;
    this.h2 = h2;
    this.h3 = h3;
  }

  /** Whether the key stands in `text` at `at`: it ends with its quote, so no longer one can look like it. */
  standsAt(text: Uint8Array, at: number): boolean {
    const { bytes, length } = this;
    for (let i = 0; i < length; i++) if (text[at + i] !== bytes[i]) return false;
    return true;
  }
}

const MOST_KNOWN_KEYS = 4_096;

/** The names of members that have been hashed. */
export class KnownKeys {
  /** Stands before the first one. */
  readonly first = new KnownKey(Uint8Array.of(0), { h0: 0, h1: 0, h2: 0, h3: 0 });
  private readonly byHash = new Map<number, KnownKey>();

  /** The key of these bytes; they are copied when it is new. */
  take(bytes: Uint8Array, { h0, h1, h2, h3 }: KeyHash): KnownKey {
    const known = this.byHash.get(h0);
    if (known?.h1 === h1 && known.h2 === h2 && known.h3 === h3 && known.length === bytes.length) return known;
    const key = new KnownKey(bytes.slice(), { h0, h1, h2, h3 });
    if (this.byHash.size < MOST_KNOWN_KEYS) this.byHash.set(h0, key);
    return key;
  }
}
