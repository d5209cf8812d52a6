import { closest } from '../../did-you-mean.js';
import { UsageError } from '../../errors.js';
import type { Connection, Row } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import type { ColumnType } from '../source.js';
import type { TableOptions } from './options.js';

/** A table as it is read. */
export interface SourceTable {
  /** Schema and name, quoted. */
  readonly relation: string;
  /** Schema and name, as users write them. */
  readonly name: string;
  readonly columns: readonly SourceColumn[];
  /** The column that holds whole events; undefined when the columns together are the event. */
  readonly payload: string | undefined;
  /** Sets of columns of which no two rows have the same values. */
  readonly keys: readonly (readonly string[])[];
  /** The column by which ranges of time are cut into partitions; undefined when there is none. */
  readonly partitionColumn: string | undefined;
  /** The server's version: 150004 is 15.4. */
  readonly serverVersion: number;
}

export interface SourceColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** PostgreSQL's own name of the type without modifiers. */
  readonly baseType: string;
  readonly notNull: boolean;
  /** Where the column stands in the event. */
  readonly pointer: readonly string[];
}

const TYPES: Readonly<Record<string, ColumnType>> = {
  timestamptz: 'instant',
  timestamp: 'instant',
  date: 'instant',
  uuid: 'uuid',
  int2: 'number',
  int4: 'number',
  int8: 'number',
  float4: 'number',
  float8: 'number',
  numeric: 'number',
  bool: 'boolean',
  json: 'json',
  jsonb: 'json',
};

const FIND = `
  select c.oid::text as oid, n.nspname as schema, c.relname as name, a.attname as partition_column,
         current_setting('server_version_num') as version
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  left join pg_partitioned_table p on p.partrelid = c.oid and p.partstrat = 'r' and p.partnatts = 1
  left join pg_attribute a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
  where c.relname = $1 and c.relkind in ('r', 'p', 'f', 'v', 'm')
    and (n.nspname = $2 or $2 = '' and pg_table_is_visible(c.oid))`;

const COLUMNS = `
  with recursive base as (
    select a.attnum, a.atttypid as oid from pg_attribute a where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped
    union all
    select b.attnum, t.typbasetype from base b join pg_type t on t.oid = b.oid where t.typtype = 'd'
  )
  select a.attname as name, t.typname as base, a.attnotnull as not_null
  from pg_attribute a join base b on b.attnum = a.attnum join pg_type t on t.oid = b.oid and t.typtype <> 'd'
  where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped order by a.attnum`;

const KEYS = `
  select array(select a.attname::text from unnest(i.indkey::int2[]) with ordinality k(attnum, position)
               join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
               where k.position <= i.indnkeyatts order by k.position) as columns
  from pg_index i
  where i.indrelid = $1::oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
    and not exists (select from unnest(i.indkey::int2[]) k(attnum) join pg_attribute a
                    on a.attrelid = i.indrelid and a.attnum = k.attnum where not a.attnotnull)`;

/**
 * Reads what there is to know about a table.
 * @throws UsageError `no_such_table` or `no_such_column`.
 */
export async function inspectTable(connection: Connection, options: TableOptions): Promise<SourceTable> {
  const { schema, name } = options.table;
  const [found] = [
    ...(await connection.rows(FIND, [name, schema ?? ''])),
    ...(await connection.rows(FIND, [name.toLowerCase(), schema?.toLowerCase() ?? ''])),
  ];
  if (found === undefined) throw await noSuchTable(connection, options);
  const oid = String(found.oid);
  const columns = (await connection.rows(COLUMNS, [oid])).map((row) => columnOf(row, options));
  checkNames(options, columns);
  const table = {
    relation: `${quoteName(String(found.schema))}.${quoteName(String(found.name))}`,
    name: `${found.schema}.${found.name}`,
    columns,
    keys: (await connection.rows(KEYS, [oid])).map((row) =>
      Array.isArray(row.columns) ? row.columns.map(String) : [],
    ),
    partitionColumn: typeof found.partition_column === 'string' ? found.partition_column : undefined,
    serverVersion: Number(found.version),
  };
  return { ...table, payload: await payloadColumn(connection, table, options) };
}

function columnOf({ name, base, not_null }: Row, { pointers }: TableOptions): SourceColumn {
  const column = String(name);
  return {
    name: column,
    type: TYPES[String(base)] ?? 'text',
    baseType: String(base),
    notNull: not_null === true,
    pointer: pointers.get(column) ?? [column],
  };
}

function checkNames({ pointers, payload, table }: TableOptions, columns: readonly SourceColumn[]): void {
  const names = columns.map(({ name }) => name);
  for (const chosen of [...pointers.keys(), ...(payload === undefined ? [] : [payload])]) {
    if (names.includes(chosen)) continue;
    const near = closest(chosen, names);
    throw new UsageError(`table ${table.name} has no column "${chosen}"`, {
      code: 'no_such_column',
      hint: near === undefined ? `its columns: ${names.join(', ')}` : `did you mean "${near}"?`,
    });
  }
}

async function noSuchTable(connection: Connection, { table: { schema, name } }: TableOptions): Promise<UsageError> {
  const rows = await connection.rows(
    `select relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where relkind in ('r', 'p', 'v', 'm', 'f') and not relispartition and nspname not in ('pg_catalog', 'information_schema')
     order by relname limit 1000`,
  );
  const names = rows.map((row) => String(row.name));
  const near = closest(name, names);
  const hint =
    near === undefined ? `there are ${names.slice(0, 10).join(', ') || 'none'}` : `did you mean table=${near}?`;
  return new UsageError(`there is no table ${schema === undefined ? '' : `${schema}.`}${name} to read from`, {
    code: 'no_such_table',
    hint,
  });
}

const PAYLOAD = 'payload';

/**
 * A chosen column, or a column `payload` that holds whole events: the id, time and name that stand beside it stand in it
 * as well, in each of the first rows.
 */
async function payloadColumn(
  connection: Connection,
  { relation, columns }: Pick<SourceTable, 'relation' | 'columns'>,
  { payload, pointers }: TableOptions,
): Promise<string | undefined> {
  if (payload !== undefined) return payload;
  const column = columns.find(({ name, type }) => name === PAYLOAD && type === 'json');
  const id = columns.find(({ name }) => ['event_id', 'id', 'uuid'].includes(name)) ?? columns[0];
  if (column === undefined || id === undefined || pointers.size > 0) return undefined;
  const [counts] = await connection.rows(
    `select count(*)::int as rows, count(*) filter (where exists (
       select from jsonb_path_query(${PAYLOAD}::jsonb, 'strict $.**') v where v #>> '{}' = ${quoteName(id.name)}::text))::int as whole
     from (select * from ${relation} limit 100) t`,
  );
  const rows = Number(counts?.rows);
  return rows === 0 || Number(counts?.whole) === rows ? column.name : undefined;
}
