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
    { h0, h1, h2, h3 }: Pick<KnownKey, 'h0' | 'h1' | 'h2' | 'h3'>,
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
