import type { RowGroup } from './encoded-rows.js';
import type { OpenGroup } from './row-groups.js';
import { compareKeys, type RowKeys, sharesFirstField, sortByKey } from './row-order.js';

/** The rows of a group in the order in which they are written. */
export interface Arranged {
  /** Those that repeat a key stand behind the others. */
  readonly order: Uint32Array;
  readonly group: RowGroup;
  /** How often a row has the first field of its key, but not its key, in common with the row before it. */
  readonly twins: number;
}

/** Sorts the rows of a group and puts those that repeat a key behind the others. `base` is the group's first row. */
export function arrange(open: OpenGroup, keys: RowKeys, base: number): Arranged {
  const sorted = sortByKey(open.rows, keys);
  const repeats: number[] = [];
  const repeated: number[] = [];
  let unique = 0;
  let twins = 0;
  for (let i = 0; i < sorted.length; i++) {
    const row = sorted[i] as number; // within bounds by the loop condition
    if (unique > 0) {
      const previous = sorted[unique - 1] as number; // there is one
      if (compareKeys(keys, previous, row) === 0) {
        repeats.push(row);
        repeated.push(base + unique - 1);
        continue;
      }
      if (sharesFirstField(keys, previous, row)) twins++;
    }
    sorted[unique++] = row;
  }
  sorted.set(repeats, unique);
  return {
    order: sorted,
    group: {
      target: open.target,
      omitted: open.omitted,
      first: base,
      firstRepeat: base + unique,
      end: base + sorted.length,
      repeated: Uint32Array.from(repeated),
    },
    twins,
  };
}
