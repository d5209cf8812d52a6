/**
 * Counts how often each content has been seen, for events without an id that are all to be kept. Holds 12 bytes for
 * each distinct content. Two contents that share a 64-bit digest share a counter, which only makes a number higher:
 * the content itself still enters the id.
 */
export class Occurrences {
  private size = 0;
  private digests = new BigUint64Array(1 << 16);
  private counts = new Uint32Array(1 << 16);

  /** The number of this occurrence, from 1. */
  next(low: number, high: number): number {
    if (this.size * 2 >= this.digests.length) this.grow();
    const digest = (BigInt(high) << 32n) | BigInt(low) || 1n;
    const at = this.slotOf(digest);
    if (this.digests[at] === 0n) {
      this.digests[at] = digest;
      this.size++;
    }
    const count = (this.counts[at] ?? 0) + 1;
    this.counts[at] = count;
    return count;
  }

  private slotOf(digest: bigint): number {
    const mask = this.digests.length - 1;
    let at = Number(digest & BigInt(mask));
    while (this.digests[at] !== 0n && this.digests[at] !== digest) at = (at + 1) & mask;
    return at;
  }

  private grow(): void {
    const { digests, counts } = this;
    this.digests = new BigUint64Array(digests.length * 2);
    this.counts = new Uint32Array(counts.length * 2);
    for (const [from, digest] of digests.entries()) {
      if (digest === 0n) continue;
      const at = this.slotOf(digest);
      this.digests[at] = digest;
      this.counts[at] = counts[from] ?? 0;
    }
  }
}
