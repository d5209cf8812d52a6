import { isSame } from './bytes.js';
import { signatureOf } from './node.js';

const MOST_UNKNOWN_KEYS = 256;

/** Keys, unknown to the schema, of the objects that are open, innermost last: whether one is repeated. */
export class UnknownKeys {
  /** How many are held; set back to what it was when an object ends. */
  count = 0;
  private starts = new Uint32Array(256);
  private signatures = new Int32Array(256);

  /**
   * Whether the object whose keys begin at `outer` has had the key `text[start, end)` already, or too many keys to
   * tell; if not, it has now.
   */
  isRepeated(text: Uint8Array, outer: number, start: number, end: number): boolean {
    // Comparing each key with all others is only quick while they are few.
    if (this.count - outer >= MOST_UNKNOWN_KEYS) return true;
    const signature = signatureOf(text, start, end);
    for (let other = outer; other < this.count; other++) {
      if (this.signatures[other] === signature && isSame(text, this.starts[other] ?? 0, start, end - start))
        return true;
    }
    if (this.count === this.starts.length) this.grow();
    this.starts[this.count] = start;
    this.signatures[this.count] = signature;
    this.count++;
    return false;
  }

  private grow(): void {
    const { starts, signatures } = this;
    this.starts = new Uint32Array(starts.length * 2);
    this.starts.set(starts);
    this.signatures = new Int32Array(signatures.length * 2);
    this.signatures.set(signatures);
  }
}
