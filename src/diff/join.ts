import { BUCKETS, type RowSpill } from './row-spill.js';
import { isSameContent, isSameKey, type Rows } from './rows.js';

/** Rows of both sides that have one key. */
export interface Group {
  readonly left: Rows;
  readonly right: Rows;
  /** Rows of the key, in the order of their source. */
  readonly lefts: readonly number[];
  readonly rights: readonly number[];
}

/** Takes what the join finds. */
export interface JoinTarget {
  /** One row on each side, with the same content. */
  same(left: Rows, a: number, right: Rows, b: number): void;
  /** Every other key. */
  group(group: Group): void;
}

const MOST_ROWS_AT_ONCE = 2_000_000;

/**
 * Joins the rows of both sides by their keys, bucket by bucket: memory holds one bucket of each side, or a part of it
 * where it is large. Yields between buckets.
 */
export function* join(left: RowSpill, right: RowSpill, target: JoinTarget): Generator<number> {
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const most = Math.max(left.countOf(bucket), right.countOf(bucket));
    const slices = Math.ceil(most / MOST_ROWS_AT_ONCE);
    for (let slice = 0; slice < slices; slice++) {
      const wants = slices === 1 ? undefined : (word: number) => word % slices === slice;
      joinRows(left.rowsOf(bucket, wants), right.rowsOf(bucket, wants), target);
    }
    yield bucket;
  }
}

/** Rows in chains: the rows of one key hang together, the last row first. */
class Chains {
  readonly next: Int32Array;
  readonly heads: Int32Array;

  constructor(
    readonly rows: Rows,
    slots: number,
  ) {
    this.next = new Int32Array(rows.count).fill(-1);
    this.heads = new Int32Array(slots).fill(-1);
  }

  add(slot: number, row: number): void {
    this.next[row] = this.heads[slot] ?? -1;
    this.heads[slot] = row;
  }

  isSingle(slot: number): boolean {
    const head = this.heads[slot] ?? -1;
    return head >= 0 && (this.next[head] ?? -1) < 0;
  }

  list(slot: number): number[] {
    const rows: number[] = [];
    for (let row = this.heads[slot] ?? -1; row >= 0; row = this.next[row] ?? -1) rows.push(row);
    return rows.reverse();
  }
}

function joinRows(left: Rows, right: Rows, target: JoinTarget): void {
  const slots = slotsFor(left.count + right.count);
  const lefts = new Chains(left, slots);
  const rights = new Chains(right, slots);
  for (let row = 0; row < left.count; row++) lefts.add(slotOf(left, row, lefts, rights), row);
  for (let row = 0; row < right.count; row++) rights.add(slotOf(right, row, lefts, rights), row);
  for (let slot = 0; slot < slots; slot++) {
    const a = lefts.heads[slot] ?? -1;
    const b = rights.heads[slot] ?? -1;
    if (a < 0 && b < 0) continue;
    const isPair = lefts.isSingle(slot) && rights.isSingle(slot);
    if (isPair && isSameContent(left, a, right, b)) target.same(left, a, right, b);
    else target.group({ left, right, lefts: lefts.list(slot), rights: rights.list(slot) });
  }
}

/** The slot in which the row's key lies, or the free one where it belongs. */
function slotOf(rows: Rows, row: number, lefts: Chains, rights: Chains): number {
  const mask = lefts.heads.length - 1;
  let slot = rows.key(row, 1) & mask;
  for (;;) {
    const a = lefts.heads[slot] ?? -1;
    const b = rights.heads[slot] ?? -1;
    if (a < 0 && b < 0) return slot;
    if (a >= 0 ? isSameKey(rows, row, lefts.rows, a) : isSameKey(rows, row, rights.rows, b)) return slot;
    slot = (slot + 1) & mask;
  }
}

function slotsFor(rows: number): number {
  let slots = 16;
  while (slots < rows * 2) slots *= 2;
  return slots;
}
