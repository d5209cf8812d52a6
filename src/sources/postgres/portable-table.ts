import { randomBytes } from 'node:crypto';
import { quoteName } from '../../postgres/sql.js';
import type { ComparableOptions } from '../comparable.js';
import { BETWEEN, NOTHING, type PortablePlace, type PortableSum, type PortableTable } from '../portable.js';
import { literal } from './row-json.js';
import type { SourceColumn, SourceTable } from './table.js';

/** Types whose text is known to the last letter. */
const FORMS = ['timestamptz', 'timestamp', 'date', 'uuid', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric'];
const OTHER_FORMS = ['bool', 'jsonb', 'text', 'varchar'];
const ZONELESS = ['timestamp', 'date'];
/** `trim_scale` came with PostgreSQL 13. */
const FIRST_WITH_TRIM = 130_000;

/** The SQL by which a table tells checksums that can be worked out from events as well. */
export interface PortableSql extends Pick<PortableTable, 'layout'> {
  sums(cells: number): string;
  /** The condition that holds for rows of these cells. */
  within(cells: number, wanted: readonly number[]): string;
  readSums(rows: readonly Readonly<Record<string, unknown>>[]): ReadonlyMap<number, PortableSum>;
}

/** Undefined when a column has a type whose text this process cannot foretell, or the key is no column. */
export function portableSql(table: SourceTable, options: ComparableOptions): PortableSql | undefined {
  const columns = columnsOf(table, options);
  const key = table.payload === undefined ? keyColumns(table, options) : payloadKey(table, options);
  if (columns === undefined || key === undefined || key.length === 0) return undefined;
  const text = columns.map(({ sql }) => `coalesce(${sql}, ${literal(NOTHING)})`).join(` || ${escaped(BETWEEN)} || `);
  const keyText = key.map(({ sql }) => `coalesce(${sql}, '')`).join(` || ${escaped(BETWEEN)} || `);
  const salt = randomBytes(16).toString('hex');
  const cell = (cells: number) => `(hashtextextended((${keyText}) collate "C", 0) & ${cells - 1})::int4`;
  return {
    layout: { columns: columns.map(placeOf), key: key.map(placeOf), salt },
    sums: (cells) =>
      `select ${cell(cells)} as cell, count(*)::text as rows, sum(hashtextextended((${literal(salt)} || ${text}) collate "C", 0))::text as sum ` +
      `from ${table.relation} t group by 1`,
    within: (cells, wanted) => `${cell(cells)} = any('{${wanted.join(',')}}'::int4[])`,
    readSums: (rows) =>
      new Map(
        rows.map(({ cell: name, rows: count, sum }) => [
          Number(name),
          { rows: Number(count), sum: BigInt.asUintN(64, BigInt(String(sum))) },
        ]),
      ),
  };
}

interface Written extends PortablePlace {
  readonly sql: string;
}

function placeOf({ pointer, form }: Written): PortablePlace {
  return { pointer, form };
}

function columnsOf(
  table: SourceTable,
  { key, isIgnored, timezone }: ComparableOptions,
): readonly Written[] | undefined {
  const { payload, columns, serverVersion } = table;
  const own = payload === undefined ? columns : columns.filter(({ name }) => name === payload);
  // The key is compared whatever is ignored: rows of one cell may have other keys.
  const isCompared = (pointer: readonly string[]) => !isIgnored(pointer) || key.some((own) => isSame(own, pointer));
  const compared = own.filter(({ pointer }) => payload !== undefined || isCompared(pointer));
  const isKnown = compared.every(
    ({ baseType }) =>
      [...FORMS, ...OTHER_FORMS].includes(baseType) && (timezone === 'UTC' || !ZONELESS.includes(baseType)),
  );
  const isWhole = payload === undefined || own.every(({ baseType }) => baseType === 'jsonb');
  if (!isKnown || !isWhole || compared.length === 0 || serverVersion < FIRST_WITH_TRIM) return undefined;
  return compared
    .map((column) => written(column, payload === undefined ? column.pointer : []))
    .map((place) =>
      place.form === 'text' ? { ...place, sql: `octet_length(${place.sql}) || ':' || ${place.sql}` } : place,
    );
}

function keyColumns({ columns }: SourceTable, { key }: ComparableOptions): readonly Written[] | undefined {
  const found = key.map((pointer) => columns.find((column) => isSame(column.pointer, pointer)));
  if (found.some((column) => column === undefined || ![...FORMS, ...OTHER_FORMS].includes(column.baseType)))
    return undefined;
  return found.flatMap((column) => (column === undefined ? [] : [written(column, column.pointer)]));
}

function payloadKey({ payload = '' }: SourceTable, { key }: ComparableOptions): readonly Written[] {
  return key.map((pointer) => ({
    pointer,
    form: 'json',
    sql: `jsonb_extract_path_text(t.${quoteName(payload)}, ${pointer.map(literal).join(', ')})`,
  }));
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((token, at) => token === b[at]);
}

function written({ name, baseType, type }: SourceColumn, pointer: readonly string[]): Written {
  const column = `t.${quoteName(name)}`;
  return { pointer, form: type, sql: textSql(column, baseType) };
}

function textSql(column: string, baseType: string): string {
  switch (baseType) {
    case 'timestamptz':
    case 'timestamp':
    case 'date':
      return `case when isfinite(${column}) then (extract(epoch from ${column}) * 1000000)::int8::text else ${column}::text end`;
    case 'numeric':
      return `trim_scale(${column})::text`;
    case 'jsonb':
      return `nullif(${column}, 'null'::jsonb)::text`;
    case 'text':
    case 'varchar':
      return column;
    default:
      return `${column}::text`;
  }
}

function escaped(text: string): string {
  return `E${literal(text.replaceAll('\n', '\\n'))}`;
}
