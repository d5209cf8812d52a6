import { randomBytes } from 'node:crypto';
import type { CellSum, ComparableTable, Grid, TableExtent, TableKey } from '../sources/comparable.js';
import type { Source } from '../sources/source.js';

/** What is left to be read of two tables, once their checksums have been compared. */
export interface Narrowed {
  readonly left: Source;
  readonly right: Source;
  /** How many keys they are about. */
  readonly keys: number;
  /** All rows of each table. */
  readonly extents: { readonly left: TableExtent; readonly right: TableExtent };
  /** Rows beyond the first of their key, over all rows. */
  readonly duplicates: { readonly left: number; readonly right: number };
  /** Whether the extents tell times of events. */
  readonly hasTimes: boolean;
}

interface Tables {
  readonly left: ComparableTable;
  readonly right: ComparableTable;
  /** JSON Pointers of the key's fields on each side. */
  readonly key: { readonly left: readonly string[]; readonly right: readonly string[] };
  readonly signal: AbortSignal;
}

const MOST_CELLS = 2_048;
/** Aimed-at number of rows in a slice. */
const SLICE_ROWS = 64;
const MOST_SLICES = 65_536;
/** Beyond this share of the rows reading everything once is cheaper. */
const MOST_SHARE = 0.2;
const MOST_KEYS = 200_000;

/**
 * Finds out by checksums, cell by cell and then slice by slice, which rows of two tables may differ, and narrows both
 * to the keys of those. Undefined when the tables have to be read whole: they are of different shapes, their key is no
 * column, or too much differs.
 */
export async function narrowTables({ left, right, key, signal }: Tables): Promise<Narrowed | undefined> {
  const keys = { left: left.keyOf(key.left), right: right.keyOf(key.right) };
  if (keys.left === undefined || keys.right === undefined) return undefined;
  if (left.shape !== right.shape || keys.left.type !== keys.right.type) return undefined;
  const both = { left, right, keys: { left: keys.left, right: keys.right }, signal };
  const timeColumn = left.timeColumns.find((column) => right.timeColumns.includes(column));
  const [a, b] = await Promise.all([left.extent(timeColumn, signal), right.extent(timeColumn, signal)]);
  const grid = { timeColumn, seconds: widthOf(a, b), slices: 1, seed: String(randomBytes(8).readBigInt64LE()) };
  const cells = await differing(both, grid, undefined);
  const slices = powerOfTwo(cells.rows / Math.max(1, cells.names.length) / SLICE_ROWS);
  const found = await differing(both, { ...grid, slices }, cells.names);
  if (found.rows > MOST_SHARE * (a.rows + b.rows)) return undefined;
  const wanted = await keysOf(both, { ...grid, slices }, found.names);
  if (wanted.length > MOST_KEYS) return undefined;
  return {
    left: left.rowsOf(keys.left, wanted),
    right: right.rowsOf(keys.right, wanted),
    keys: wanted.length,
    extents: { left: a, right: b },
    duplicates: await duplicatesOf(both),
    hasTimes: timeColumn !== undefined,
  };
}

type GridShape = Omit<Grid, 'key'>;

interface Both {
  readonly left: ComparableTable;
  readonly right: ComparableTable;
  readonly keys: { readonly left: TableKey; readonly right: TableKey };
  readonly signal: AbortSignal;
}

function widthOf(a: TableExtent, b: TableExtent): number {
  const first = Math.min(...[a.firstUs, b.firstUs].filter((us) => !Number.isNaN(us)));
  const last = Math.max(...[a.lastUs, b.lastUs].filter((us) => !Number.isNaN(us)));
  const seconds = Math.ceil((last - first) / 1e6 / MOST_CELLS);
  return Number.isFinite(seconds) ? Math.max(1, seconds) : 1;
}

function powerOfTwo(atLeast: number): number {
  let power = 1;
  while (power < atLeast && power < MOST_SLICES) power *= 2;
  return power;
}

/** The cells, or slices of `within`, whose sums are not the same on both sides, and how many rows they hold. */
async function differing(
  { left, right, keys, signal }: Both,
  grid: GridShape,
  within: readonly string[] | undefined,
): Promise<{ readonly names: readonly string[]; readonly rows: number }> {
  if (within?.length === 0) return { names: [], rows: 0 };
  const [a, b] = await Promise.all([
    left.sums({ ...grid, key: keys.left }, within, signal),
    right.sums({ ...grid, key: keys.right }, within, signal),
  ]);
  const names = [...new Set([...a.keys(), ...b.keys()])].filter((cell) => !isSame(a.get(cell), b.get(cell)));
  const rows = names.reduce((sum, cell) => sum + (a.get(cell)?.rows ?? 0) + (b.get(cell)?.rows ?? 0), 0);
  return { names, rows };
}

function isSame(a: CellSum | undefined, b: CellSum | undefined): boolean {
  return a !== undefined && b !== undefined && a.rows === b.rows && a.sum === b.sum;
}

/** Every key that occurs in a slice that differs: all rows of it are wanted, wherever else they lie. */
async function keysOf({ left, right, keys, signal }: Both, grid: GridShape, slices: readonly string[]) {
  if (slices.length === 0) return [];
  const [a, b] = await Promise.all([
    left.keysIn({ ...grid, key: keys.left }, slices, signal),
    right.keysIn({ ...grid, key: keys.right }, slices, signal),
  ]);
  return [...new Set([...a, ...b])];
}

async function duplicatesOf({ left, right, keys, signal }: Both) {
  const [a, b] = await Promise.all([
    keys.left.isUnique ? 0 : left.duplicates(keys.left, signal),
    keys.right.isUnique ? 0 : right.duplicates(keys.right, signal),
  ]);
  return { left: a, right: b };
}
