import type { PortableTable } from '../sources/portable.js';
import type { Source } from '../sources/source.js';
import { type CellSums, earlier, MOST_CELLS } from './cell-sums.js';
import type { RowSpill } from './row-spill.js';
import { joined, wantedRows } from './row-words.js';
import { Rows } from './rows.js';
import type { Side } from './side.js';

/** What is left to be read of a table, once its checksums have been held against those of events. */
export interface TableRest {
  readonly source: Source;
  /** How many rows of the table that is. */
  readonly rows: number;
  /** Whether the rows of a cell are the same on both sides. */
  readonly isEqual: (cell: number) => boolean;
}

/** Aimed-at number of rows in a cell. */
const CELL_ROWS = 32;
/** Beyond this share of the rows reading everything once is cheaper. */
const MOST_SHARE = 0.2;

/** Finds out by checksums which rows of a table may differ from events; undefined when those are too many. */
export async function narrowTable(
  table: PortableTable,
  { sums, events, signal }: { readonly sums: CellSums; readonly events: number; readonly signal: AbortSignal },
): Promise<TableRest | undefined> {
  let cells = 1;
  while (cells < events / CELL_ROWS && cells < MOST_CELLS) cells *= 2;
  const theirs = await table.sums(cells, signal);
  const differing: number[] = [];
  let rows = 0;
  let all = 0;
  for (const [cell, own] of sums.folded(cells).entries()) {
    const other = theirs.get(cell) ?? { rows: 0, sum: 0n };
    all += other.rows;
    if (own.rows === other.rows && own.sum === other.sum) continue;
    differing.push(cell);
    rows += other.rows;
  }
  if (rows > MOST_SHARE * all) return undefined;
  const differs = new Set(differing);
  return { source: table.rowsIn(cells, differing), rows, isEqual: (cell) => !differs.has(cell & (cells - 1)) };
}

/** The table's side: the rows that were read of it, and those of the events' side that checksums have told to be the same. */
export function withEqual(
  read: Side,
  events: Side,
  { sums, rest }: { readonly sums: CellSums; readonly rest: TableRest },
): Side {
  const { rows: unsent, firstUs, lastUs } = sums.extent(rest.isEqual);
  return {
    ...read,
    rows: bothRows(events.rows, read.rows, rest.isEqual),
    events: read.events + unsent,
    unsent,
    firstUs: earlier(read.firstUs, firstUs),
    lastUs: -earlier(-read.lastUs, -lastUs),
  };
}

/** Equal rows come first: of several rows with one content it is then never they that find no partner. */
function bothRows(events: RowSpill, read: RowSpill, isEqual: (cell: number) => boolean): RowSpill {
  return {
    get rows() {
      return events.rows + read.rows;
    },
    add: read.add,
    countOf: (bucket) => events.countOf(bucket) + read.countOf(bucket),
    rowsOf(bucket, wants) {
      const own = events.rowsOf(bucket, wants);
      const equal = wantedRows(own.words, (at) => isEqual(own.cell(at)));
      return new Rows(joined([equal, read.rowsOf(bucket, wants).words]));
    },
  };
}
