/** Words of a slot: the hash of an id, high and low, and the rest of its key, high and low. */
const SLOT = 4;

/**
 * Keys of which each has an id of its own, known by the 64-bit hash of the id and 64 bits of whatever else belongs to the
 * key.
 */
export class KeySet {
  private readonly slots: Uint32Array;
  private readonly mask: number;

  private constructor(count: number) {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(8, count * 1.5)));
    this.slots = new Uint32Array(capacity * SLOT);
    this.mask = capacity - 1;
  }

  /**
   * Reads `count` keys that stand behind one another in pieces, each the hash of the id and, with `width` 16, the rest of the
   * key, big-endian. Undefined when two of them have the same id: what they are is for others to find out.
   */
  static of(
    pieces: Iterable<Uint8Array>,
    { count, width }: { readonly count: number; readonly width: 8 | 16 },
  ): KeySet | undefined {
    const set = new KeySet(count);
    for (const piece of pieces) if (!set.addAll(piece, width)) return undefined;
    return set;
  }

  /** Whether each of the keys has an id that is new. */
  private addAll(bytes: Uint8Array, width: 8 | 16): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; at += width) {
      const slot = this.slotOf(view.getUint32(at), view.getUint32(at + 4));
      if (slot < 0 || !this.isFree(slot)) return false;
      this.slots[slot] = view.getUint32(at);
      this.slots[slot + 1] = view.getUint32(at + 4);
      if (width === 8) continue;
      this.slots[slot + 2] = view.getUint32(at + 8);
      this.slots[slot + 3] = view.getUint32(at + 12);
    }
    return true;
  }

  /** Whether the key is there; the rest of a key that is an id alone is 0. */
  has(hashHigh: number, hashLow: number, restHigh: number, restLow: number): boolean {
    const slot = this.slotOf(hashHigh, hashLow);
    if (slot < 0 || this.isFree(slot)) return false;
    return this.slots[slot + 2] === restHigh && this.slots[slot + 3] === restLow;
  }

  /** Where the hash stands or would stand; below 0 for the one hash that stands for nothing. */
  private slotOf(high: number, low: number): number {
    if (high === 0 && low === 0) return -1;
    const { slots, mask } = this;
    for (let at = low & mask; ; at = (at + 1) & mask) {
      const slot = at * SLOT;
      if (this.isFree(slot) || (slots[slot] === high && slots[slot + 1] === low)) return slot;
    }
  }

  private isFree(slot: number): boolean {
    return this.slots[slot] === 0 && this.slots[slot + 1] === 0;
  }
}
