/** Thrown when an object repeats a key, or may do so: comparing each key with all others is only quick while they are few. */
export class RepeatedKey extends Error {}

const MOST_WATCHED_KEYS = 256;

/** The keys of the objects that a walk is inside of, outermost first, by their hashes. */
export class SeenKeys {
  /** How many there are; whoever leaves an object sets it back to what it was before. */
  count = 0;
  private hashes = new Int32Array(256);
  private isWatching = true;

  /** @param isWatching whether a repeated key is looked for. */
  restart(isWatching: boolean): void {
    this.count = 0;
    this.isWatching = isWatching;
  }

  /**
   * @param outer the count at the beginning of the object.
   * @throws RepeatedKey
   */
  note(hash: number, outer: number): void {
    if (this.isWatching) {
      if (this.count - outer >= MOST_WATCHED_KEYS) throw new RepeatedKey();
      for (let other = outer; other < this.count; other++) if (this.hashes[other] === hash) throw new RepeatedKey();
    }
    if (this.count === this.hashes.length) {
      const wider = new Int32Array(this.hashes.length * 2);
      wider.set(this.hashes);
      this.hashes = wider;
    }
    this.hashes[this.count++] = hash;
  }
}
