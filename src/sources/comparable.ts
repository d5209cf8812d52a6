import type { PortableTable } from './portable.js';
import type { Source } from './source.js';

/** A table that tells checksums of its rows instead of sending them. All answers are of one snapshot. */
export interface ComparableTable {
  /** Two tables of the same shape give the same checksums for the same rows. */
  readonly shape: string;
  /** Columns of time by which rows can be put into cells, the best first. */
  readonly timeColumns: readonly string[];
  /** Names the key of an event, by the JSON Pointers of its fields; undefined when it is no plain columns. */
  keyOf(pointers: readonly string[]): TableKey | undefined;
  /** Rows, and the earliest and latest time among them, in microseconds. */
  extent(timeColumn: string | undefined, signal: AbortSignal): Promise<TableExtent>;
  /** Rows and checksums by cell; with `within` of those cells alone, each cut into slices by the key. */
  sums(grid: Grid, within: readonly string[] | undefined, signal: AbortSignal): Promise<ReadonlyMap<string, CellSum>>;
  /** The keys of all rows in these slices. */
  keysIn(grid: Grid, slices: readonly string[], signal: AbortSignal): Promise<readonly (string | null)[]>;
  /** Rows beyond the first of their key. */
  duplicates(key: TableKey, signal: AbortSignal): Promise<number>;
  /** The rows that have one of these keys, as a source over the same snapshot. */
  rowsOf(key: TableKey, keys: readonly (string | null)[]): Source;
  /** Checksums that can be worked out from events as well; undefined where the forms of its columns do not allow it. */
  portable(options: ComparableOptions): PortableTable | undefined;
}

/** What of a table is compared with events. */
export interface ComparableOptions {
  /** The fields of the key. */
  readonly key: readonly (readonly string[])[];
  /** Whether a place is not looked at, with all below it. */
  readonly isIgnored: (pointer: readonly string[]) => boolean;
  /** Zone in which times are read that name none. */
  readonly timezone: string;
}

/** How the key of an event stands in a table: SQL over rows of `t`. */
export interface TableKey {
  readonly sql: string;
  /** The type to which texts of the key are cast back. */
  readonly type: string;
  /** No two rows have the same key. */
  readonly isUnique: boolean;
}

export interface TableExtent {
  readonly rows: number;
  readonly firstUs: number;
  readonly lastUs: number;
}

/** How rows are put into cells: by time, or by their keys where there is no time. */
export interface Grid {
  readonly key: TableKey;
  readonly timeColumn: string | undefined;
  /** Width of a cell of time. */
  readonly seconds: number;
  /** Slices into which a cell is cut, a power of two. */
  readonly slices: number;
  /** A whole number of 64 bits under which rows are hashed: nobody who does not know it can prepare two with one hash. */
  readonly seed: string;
}

/** What is known of the rows of one cell. */
export interface CellSum {
  readonly rows: number;
  readonly sum: string;
}
