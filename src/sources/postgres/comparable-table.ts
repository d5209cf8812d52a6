import type { Row } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import type { CellSum, ComparableTable, Grid, TableExtent, TableKey } from '../comparable.js';
import { portableSql } from './portable-table.js';
import { literal } from './row-json.js';
import type { SourceColumn, SourceTable } from './table.js';
import { createTableSource, type TableSourceOptions } from './table-source.js';

const TIME_TYPES = ['timestamptz', 'timestamp', 'date'];
const KEY_TYPES = ['text', 'varchar', 'uuid', 'int2', 'int4', 'int8', 'timestamptz', 'timestamp', 'date'];
/** Cells of tables without a time; their number is a power of two. */
const KEY_CELLS = 4_096;

/**
 * Checksums of a table, worked out by the server: a hash of each row's text, summed over the rows of a cell. Equal sums
 * over as many rows mean equal rows, by the odds of 64 bits.
 */
export function createComparable(options: TableSourceOptions): ComparableTable {
  const { table, connection, cut } = options;
  const ask = async (sql: string, signal: AbortSignal): Promise<readonly Row[]> => {
    signal.throwIfAborted();
    signal.addEventListener('abort', cut, { once: true });
    try {
      return await (await connection()).rows(sql);
    } finally {
      signal.removeEventListener('abort', cut);
    }
  };
  return {
    shape: shapeOf(table),
    timeColumns: timeColumns(table),
    keyOf: (pointers) => keyOf(table, pointers),
    extent: async (timeColumn, signal) => extentOf(await ask(extentSql(table, timeColumn), signal)),
    async sums(grid, within, signal) {
      const cell = within === undefined ? cellSql(grid) : `${cellSql(grid)} || ':' || ${sliceSql(grid)}`;
      const rows = await ask(
        `select ${cell} as cell, count(*)::text as rows, sum(${contentHash(table, grid.seed)})::text as sum ` +
          `from ${table.relation} t where ${within === undefined ? 'true' : inCells(table, grid, within)} group by 1`,
        signal,
      );
      return new Map(rows.map((row) => [String(row.cell), sumOf(row)]));
    },
    async keysIn(grid, slices, signal) {
      const cells = [...new Set(slices.map((slice) => slice.slice(0, slice.lastIndexOf(':'))))];
      const place = `${cellSql(grid)} || ':' || ${sliceSql(grid)}`;
      const rows = await ask(
        `select distinct ${grid.key.sql}::text as key from ${table.relation} t where ${inCells(table, grid, cells)} ` +
          `and ${place} = any(${arraySql(slices)}::text[])`,
        signal,
      );
      return rows.map(({ key }) => (key === null ? null : String(key)));
    },
    async duplicates({ sql }, signal) {
      const [row] = await ask(
        `select coalesce(sum(rows - 1), 0)::text as more from (select count(*) as rows from ${table.relation} t group by ${sql}) k`,
        signal,
      );
      return Number(row?.more);
    },
    rowsOf: (key, keys) => createTableSource({ ...options, condition: hasKey(key, keys) }),
    portable(portable) {
      const sql = portableSql(table, portable);
      if (sql === undefined) return undefined;
      return {
        layout: sql.layout,
        sums: async (cells, signal) => sql.readSums(await ask(sql.sums(cells), signal)),
        rowsIn: (cells, wanted) => createTableSource({ ...options, condition: sql.within(cells, wanted) }),
      };
    },
  };
}

function shapeOf(table: SourceTable): string {
  const own = contentColumns(table).map(({ pointer, baseType }) => [pointer, baseType]);
  return JSON.stringify([table.payload !== undefined, hashesRecords(table), own]);
}

/** The columns of which the event is made, in an order that does not depend on the table. */
function contentColumns({ payload, columns }: SourceTable): readonly SourceColumn[] {
  if (payload !== undefined) return columns.filter(({ name }) => name === payload);
  return columns.toSorted((a, b) => (JSON.stringify(a.pointer) < JSON.stringify(b.pointer) ? -1 : 1));
}

const HASHED_TYPES = [...KEY_TYPES, 'float4', 'float8', 'numeric', 'bool', 'jsonb'];
const FIRST_WITH_RECORDS = 140_000;

/** Whether the server can hash the values as they are, which is several times as quick as hashing their texts. */
function hashesRecords(table: SourceTable): boolean {
  const isKnown = contentColumns(table).every(({ baseType }) => HASHED_TYPES.includes(baseType));
  return table.serverVersion >= FIRST_WITH_RECORDS && isKnown;
}

/** The hash of a row's content. */
function contentHash(table: SourceTable, seed: string): string {
  const record = `row(${contentColumns(table)
    .map(({ name }) => `t.${quoteName(name)}`)
    .join(', ')})`;
  return hashesRecords(table)
    ? `hash_record_extended(${record}, '${seed}'::int8)`
    : `hashtextextended(${record}::text collate "C", '${seed}'::int8)`;
}

function timeColumns({ columns, partitionColumn }: SourceTable): readonly string[] {
  const times = columns.filter(({ baseType }) => TIME_TYPES.includes(baseType)).map(({ name }) => name);
  return times.toSorted((a, b) => Number(b === partitionColumn) - Number(a === partitionColumn));
}

function keyOf(table: SourceTable, pointers: readonly string[]): TableKey | undefined {
  if (table.payload !== undefined) return payloadKey(table, pointers);
  const found = pointers.map((pointer) => table.columns.find((column) => pointerText(column) === pointer));
  if (found.some((column) => column === undefined || !KEY_TYPES.includes(column.baseType))) return undefined;
  const columns = found.filter((column) => column !== undefined);
  const names = columns.map(({ name }) => name);
  const isUnique = table.keys.some((key) => key.length > 0 && key.every((name) => names.includes(name)));
  const [first] = columns;
  if (first === undefined) return undefined;
  if (columns.length === 1) return { sql: `t.${quoteName(first.name)}`, type: first.baseType, isUnique };
  return { sql: `row(${names.map((name) => `t.${quoteName(name)}`).join(', ')})::text`, type: 'text', isUnique };
}

/** In whole events the key is the same text as in the column of its name, where there is one, which has an index. */
function payloadKey({ columns, payload = '' }: SourceTable, pointers: readonly string[]): TableKey | undefined {
  const [pointer, ...others] = pointers;
  if (pointer === undefined || others.length > 0 || /[~]/u.test(pointer)) return undefined;
  const path = pointer.slice(1).split('/');
  const column = columns.find(({ name, baseType }) => name === path.at(-1) && ['text', 'varchar'].includes(baseType));
  if (column?.notNull) return { sql: `t.${quoteName(column.name)}`, type: 'text', isUnique: false };
  const texts = path.map(literal).join(', ');
  return { sql: `jsonb_extract_path_text(t.${quoteName(payload)}::jsonb, ${texts})`, type: 'text', isUnique: false };
}

function pointerText({ pointer }: SourceColumn): string {
  return pointer.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function extentSql({ relation }: SourceTable, time: string | undefined): string {
  if (time === undefined) return `select count(*)::text as rows, null as first, null as last from ${relation} t`;
  const column = `t.${quoteName(time)}`;
  const epoch = (value: string) => `extract(epoch from ${value} filter (where ${isPlain(column)}))::float8`;
  return `select count(*)::text as rows, ${epoch(`min(${column})`)} as first, ${epoch(`max(${column})`)} as last from ${relation} t`;
}

function extentOf([row]: readonly Row[]): TableExtent {
  const micros = (value: unknown) => (value === null || value === undefined ? Number.NaN : Number(value) * 1e6);
  return { rows: Number(row?.rows), firstUs: micros(row?.first), lastUs: micros(row?.last) };
}

/** The cell of a row, as text. Times that no calendar names share one. */
function cellSql({ key, timeColumn, seconds }: Grid): string {
  if (timeColumn === undefined) return `(${hashSql(key)} & ${KEY_CELLS - 1})::text`;
  const column = `t.${quoteName(timeColumn)}`;
  return `case when ${isPlain(column)} then floor(extract(epoch from ${column}) / ${seconds})::int8::text else 'none' end`;
}

function isPlain(column: string): string {
  return `(${column} >= '0001-01-01' and ${column} < '9999-12-31')`;
}

/** The slice of a row, from bits of its key's hash that its cell does not use. */
function sliceSql({ key, slices }: Grid): string {
  return `((${hashSql(key)} >> 16) & ${slices - 1})::text`;
}

function hashSql({ sql }: TableKey): string {
  return `hashtextextended(coalesce(${sql}::text, '') collate "C", 0)`;
}

/** Whether a row lies in one of the cells; ranges of time let the server leave out partitions and use an index. */
function inCells({ columns }: SourceTable, grid: Grid, cells: readonly string[]): string {
  const { timeColumn, seconds } = grid;
  if (timeColumn === undefined) return `${cellSql(grid)} = any(${arraySql(cells)}::text[])`;
  const column = `t.${quoteName(timeColumn)}`;
  const type =
    columns.find(({ name }) => name === timeColumn)?.baseType === 'timestamptz' ? 'timestamptz' : 'timestamp';
  const bound = (cell: number) => `${type} ${literal(new Date(cell * seconds * 1000).toISOString())}`;
  const numbers = cells.filter((cell) => cell !== 'none').map(Number);
  const ranges = runsOf(numbers).map(([from, to]) => `(${column} >= ${bound(from)} and ${column} < ${bound(to)})`);
  const rest = cells.includes('none') ? [`${column} is null or not ${isPlain(column)}`] : [];
  return `(${[...ranges, ...rest, ...(ranges.length + rest.length === 0 ? ['false'] : [])].join(' or ')})`;
}

/** Neighbours as one range `[from, to)`. */
function runsOf(numbers: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === number) last[1] = number + 1;
    else runs.push([number, number + 1]);
  }
  return runs;
}

function hasKey({ sql, type }: TableKey, keys: readonly (string | null)[]): string {
  const texts = keys.filter((key) => key !== null);
  const none = texts.length < keys.length ? ` or ${sql} is null` : '';
  return `(${sql} = any(${arraySql(texts)}::text[]::${type}[])${none})`;
}

function arraySql(texts: readonly string[]): string {
  const items = texts.map((text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
  return literal(`{${items.join(',')}}`);
}

function sumOf({ rows, sum }: Row): CellSum {
  return { rows: Number(rows), sum: String(sum) };
}
