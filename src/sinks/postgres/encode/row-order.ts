/** The keys of the rows of a batch: row `i` has `bytes[ends[i - 1], ends[i])`. */
export interface RowKeys {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

const LENGTH_BYTES = 4;
const PREFIX_BYTES = 4;
const DIGIT_BITS = 8;
const DIGITS = 1 << DIGIT_BITS;

/**
 * Rows in the order of their keys, so that neighbours in the index are written together. Sorts by four telling bytes
 * of the keys, digit by digit, which is many times faster than comparing keys; only ties are compared. Rows that come
 * in order are left as they are.
 */
export function sortByKey(rows: readonly number[], keys: RowKeys): Uint32Array {
  const order = Uint32Array.from(rows);
  if (isSorted(order, keys)) return order;
  const skip = LENGTH_BYTES + sharedPrefix(order, keys);
  const prefixes = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) prefixes[i] = prefixAt(keys, order[i] as number, skip); // within bounds
  const places = sortDigits(prefixes);
  const sorted = places.map((place) => order[place] as number); // places are those of the order
  sortTies(sorted, (i) => prefixes[places[i] ?? 0], keys);
  return sorted;
}

/** Compares two rows' keys byte by byte, without the first field's length. */
export function compareKeys(keys: RowKeys, a: number, b: number): number {
  const { bytes, ends } = keys;
  const startA = keyStart(keys, a) + LENGTH_BYTES;
  const startB = keyStart(keys, b) + LENGTH_BYTES;
  const lengthA = (ends[a] ?? 0) - startA;
  const lengthB = (ends[b] ?? 0) - startB;
  const shorter = Math.min(lengthA, lengthB);
  for (let i = 0; i < shorter; i++) {
    const difference = (bytes[startA + i] ?? 0) - (bytes[startB + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}

/** Where a row's key begins. */
export function keyStart({ ends }: RowKeys, row: number): number {
  return row === 0 ? 0 : (ends[row - 1] ?? 0);
}

/** Whether two different rows have the first field of their keys in common. */
export function sharesFirstField(keys: RowKeys, a: number, b: number): boolean {
  const { bytes } = keys;
  const startA = keyStart(keys, a);
  const startB = keyStart(keys, b);
  const length = lengthAt(bytes, startA);
  if (lengthAt(bytes, startB) !== length) return false;
  // Ids that are numbered differ at their end.
  for (let i = LENGTH_BYTES + length - 1; i >= LENGTH_BYTES; i--) {
    if (bytes[startA + i] !== bytes[startB + i]) return false;
  }
  return true;
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at] ?? 0) << 24);
}

function isSorted(rows: Uint32Array, keys: RowKeys): boolean {
  for (let i = 1; i < rows.length; i++) if (compareKeys(keys, rows[i - 1] ?? 0, rows[i] ?? 0) > 0) return false;
  return true;
}

/** Length of what all keys begin with. */
function sharedPrefix(rows: Uint32Array, keys: RowKeys): number {
  const { bytes, ends } = keys;
  const first = keyStart(keys, rows[0] ?? 0) + LENGTH_BYTES;
  let shared = (ends[rows[0] ?? 0] ?? 0) - first;
  for (const row of rows) {
    const start = keyStart(keys, row) + LENGTH_BYTES;
    let same = 0;
    while (same < shared && start + same < (ends[row] ?? 0) && bytes[start + same] === bytes[first + same]) same++;
    shared = same;
    if (shared === 0) return 0;
  }
  return shared;
}

function prefixAt(keys: RowKeys, row: number, skip: number): number {
  const { bytes, ends } = keys;
  const start = keyStart(keys, row) + skip;
  const end = ends[row] ?? 0;
  let prefix = 0;
  for (let i = start; i < start + PREFIX_BYTES; i++) prefix = (prefix << 8) | (i < end ? (bytes[i] as number) : 0); // before the end
  return prefix >>> 0;
}

/** The places of the numbers in ascending order; equal ones keep theirs. A radix sort, from the lowest digit up. */
function sortDigits(numbers: Uint32Array): Uint32Array {
  let from = new Uint32Array(numbers.length);
  let to = new Uint32Array(numbers.length);
  for (let i = 0; i < from.length; i++) from[i] = i;
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    const next = firstPlaces(numbers, shift);
    for (let i = 0; i < from.length; i++) {
      const place = from[i] as number; // within bounds by the loop condition
      const digit = ((numbers[place] as number) >>> shift) & (DIGITS - 1); // places are those of the numbers
      const at = next[digit] as number; // every digit has its place
      to[at] = place;
      next[digit] = at + 1;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Where the numbers with each digit begin, once they are in the order of that digit. */
function firstPlaces(numbers: Uint32Array, shift: number): Uint32Array {
  const counts = new Uint32Array(DIGITS);
  for (let i = 0; i < numbers.length; i++) {
    const digit = ((numbers[i] as number) >>> shift) & (DIGITS - 1); // within bounds by the loop condition
    counts[digit] = (counts[digit] as number) + 1; // digits are below the length
  }
  let before = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const count = counts[digit] ?? 0;
    counts[digit] = before;
    before += count;
  }
  return counts;
}

function sortTies(order: Uint32Array, prefixOf: (at: number) => number | undefined, keys: RowKeys): void {
  let from = 0;
  for (let i = 1; i <= order.length; i++) {
    if (i < order.length && prefixOf(i) === prefixOf(from)) continue;
    if (i - from > 1) order.subarray(from, i).sort((a, b) => compareKeys(keys, a, b) || a - b);
    from = i;
  }
}
