import type { ColumnType, Source } from './source.js';

/** How the rows of a table are written as text, so that its server and this process come to the same checksums. */
export interface PortableLayout {
  /** What a row is made of; one place without tokens when a column holds whole events. */
  readonly columns: readonly PortablePlace[];
  /** The fields of the key. */
  readonly key: readonly PortablePlace[];
  /** Stands before the text of each row that is hashed: drawn anew for each run, so that nobody can prepare two rows with one hash. */
  readonly salt: string;
}

/** A place in events, and the form of what the table holds for it. */
export interface PortablePlace {
  readonly pointer: readonly string[];
  readonly form: ColumnType;
}

/** A table whose checksums can be worked out from events as well. All answers are of one snapshot. */
export interface PortableTable {
  readonly layout: PortableLayout;
  /** Rows and checksums by cell: the last bits of the key's hash. @param cells a power of two. */
  sums(cells: number, signal: AbortSignal): Promise<ReadonlyMap<number, PortableSum>>;
  /** The rows of these cells, as a source over the same snapshot. */
  rowsIn(cells: number, wanted: readonly number[]): Source;
}

/** What is known of the rows of one cell: their number, and the sum of their hashes modulo 2^64. */
export interface PortableSum {
  readonly rows: number;
  readonly sum: bigint;
}

/** What a place holds when it holds nothing; no form of a value is written like that. */
export const NOTHING = '~';

/** Stands between the places of a row; no form of a value but text holds it, and texts tell their length. */
export const BETWEEN = '\n';
