/** What the encoder made of a batch: rows ready for COPY, grouped by target and sorted by key. */
export interface EncodedRows {
  /** The rows behind one another, without header and trailer; row `i` ends at `rowEnds[i]`. */
  readonly rows: Uint8Array;
  readonly rowEnds: Uint32Array;
  /** Index in the batch of each row's event. */
  readonly events: Uint32Array;
  /** One for each column of the key. */
  readonly keys: readonly KeyColumn[];
  readonly groups: readonly RowGroup[];
  /** How often an id was seen with more than one time, as far as neighbours in a group tell. */
  readonly otherTimes: number;
}

/** The values of one key column, each as a 32-bit length and its bytes: the elements of a binary array. */
export interface KeyColumn {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

/** Rows that go into one COPY. */
export interface RowGroup {
  readonly target: RowTarget;
  /** Bit `i` is set when column `i` is left to its default. */
  readonly omitted: number;
  readonly first: number;
  /** Rows from here on repeat the key of an earlier row of the group: row `i` repeats `repeated[i - firstRepeat]`. */
  readonly firstRepeat: number;
  readonly end: number;
  readonly repeated: Uint32Array;
}

export type RowTarget =
  /** The table itself, which routes or is not partitioned. */
  | { readonly kind: 'table' }
  /** A partition that was there when the sink was opened: index into the routing's bounds. */
  | { readonly kind: 'partition'; readonly index: number }
  /** A partition that was missing then; an instant that it has to hold. */
  | { readonly kind: 'missing'; readonly atUs: number };
