import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CannotEvaluateError, RespoolError, UsageError } from '../../errors.js';
import { CONNECTION_OPTIONS, parseAddress } from '../../postgres/address.js';
import type { Connection, Database, Row } from '../../postgres/connection.js';
import { connect, connectError } from '../../postgres/server.js';
import type { ColumnFeed, ShapeColumn, ShapePartition, TableShape } from '../../schema/partition-safety/table-shape.js';
import type { SinkContext } from '../context.js';
import { readTable } from './introspect.js';
import { mapColumns } from './mapping.js';
import { qualified } from './partition-map.js';
import { createPgliteDatabase } from './pglite-database.js';
import { parseTableOptions, type TableOptions } from './sink-options.js';

import type { Table } from './table.js';

/** A table as it was read, and what its address says about it. */
export interface ReadShape {
  readonly shape: TableShape;
  readonly table: Table;
  readonly options: TableOptions;
}

/**
 * Reads the table of `postgres://…?table=…`; changes nothing.
 * @throws UsageError `no_such_table`; CannotEvaluateError when the server refuses; IncompleteError when it is down.
 */
export async function readTableShape(
  address: string,
  { env, signal = new AbortController().signal }: Pick<SinkContext, 'env'> & { readonly signal?: AbortSignal },
): Promise<ReadShape> {
  const parsed = parseAddress(address, env);
  const options = parseTableOptions(parsed.tableQuery, CONNECTION_OPTIONS);
  await using database = await connect(parsed, 1, signal);
  return await readFrom(database, options, signal);
}

/**
 * Reads a table of a file with SQL that makes it, loaded into a database in memory.
 * @param table its name; needed when the file makes several.
 * @throws UsageError `bad_ddl` when the SQL cannot be run, `no_such_table`; CannotEvaluateError `cannot_read` for the file.
 */
export async function readTableShapeFromDdl(path: string, table?: string, cwd = '.'): Promise<ReadShape> {
  const sql = await readFile(resolve(cwd, path), 'utf8').catch((cause: Error) => {
    throw new CannotEvaluateError(`${path} cannot be read: ${cause.message}`, { code: 'cannot_read', cause });
  });
  const { PGlite } = await import('@electric-sql/pglite');
  const db = await PGlite.create();
  await using database = createPgliteDatabase(db, path, () => db.close());
  await db.exec(sql).catch((cause: Error & { readonly position?: string }) => {
    const line = cause.position === undefined ? '' : `:${sql.slice(0, Number(cause.position) - 1).split('\n').length}`;
    throw new UsageError(`${path}${line}: the SQL cannot be run: ${cause.message}`, {
      code: 'bad_ddl',
      hint: 'give a file with plain CREATE TABLE statements, such as pg_dump --schema-only makes',
      cause,
    });
  });
  const { signal } = new AbortController();
  const name = table ?? (await database.use((connection) => onlyTable(connection, path), signal));
  return await readFrom(database, parseTableOptions(new Map([['table', name]])), signal);
}

/**
 * What fills each column when events with these fields are replayed.
 * @throws UsageError when no column takes the id.
 */
export function columnFeeds(
  { table, options }: Pick<ReadShape, 'table' | 'options'>,
  fields: SinkContext['fields'],
): readonly ColumnFeed[] {
  const context = { fields, jobs: 1, env: {}, signal: new AbortController().signal };
  return mapColumns(table, options, context).columns.map(({ column, source }) => ({ column: column.name, source }));
}

async function readFrom(database: Database, options: TableOptions, signal: AbortSignal): Promise<ReadShape> {
  try {
    return await database.use(async (connection) => {
      await connection.run(`begin read only; set local timezone = 'UTC'; set local datestyle = 'ISO'`);
      const table = await readTable(connection, options.table);
      if (table === undefined) throw noTable(options.table.name, database.label);
      const shape = await shapeOf(connection, table);
      await connection.run('commit');
      return { shape, table, options };
    }, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof RespoolError ? error : connectError(error, database.label);
  }
}

async function shapeOf(connection: Connection, table: Table): Promise<TableShape> {
  const oid = String(table.oid);
  const limits = await connection.rows(READ_LIMITS, [oid]);
  const keyColumns = await connection.rows(READ_KEY_COLUMNS, [oid]);
  const bounds = await connection.rows(READ_BOUNDS, [oid]);
  const partitions: ShapePartition[] = [];
  for (const { name, schema, fromUs, toUs, isDefault } of table.partitions) {
    const text = String(bounds.find((row) => row.name === name && row.schema === schema)?.bounds);
    const rows = isDefault ? await countRows(connection, { schema, name }) : undefined;
    partitions.push({ name, bounds: text, fromUs, toUs, isDefault, rows });
  }
  const columns = table.columns.map((column): ShapeColumn => {
    const limit = limits.find((row) => row.name === column.name);
    const { name, wire: kind, notNull, defaultText, isGenerated } = column;
    return { name, kind, notNull, defaultText, isGenerated, ...limitsOf(limit) };
  });
  const strategy = table.partitioning?.strategy;
  return {
    name: table.name,
    columns,
    partitioning:
      strategy === undefined
        ? undefined
        : { strategy, columns: keyColumns.map(({ name }) => String(name)), partitions },
    keys: table.keys,
  };
}

/** Type modifiers as `format_type` prints them: a length, or precision and scale. */
function limitsOf(row: Row | undefined): Pick<ShapeColumn, 'type' | 'maxLength' | 'precision' | 'scale'> {
  const [, first, second = '0'] = /\((\d+)(?:,(-?\d+))?\)/.exec(String(row?.base_type)) ?? [];
  const limit = first === undefined ? undefined : Number(first);
  const isNumeric = String(row?.base_type).startsWith('numeric');
  const isText = String(row?.base_type).startsWith('character');
  return {
    type: String(row?.type),
    maxLength: isText ? limit : undefined,
    precision: isNumeric ? limit : undefined,
    scale: isNumeric && limit !== undefined ? Number(second) : undefined,
  };
}

async function countRows(connection: Connection, name: { schema: string; name: string }): Promise<number | undefined> {
  const relation = qualified(name);
  const [right] = await connection.rows(`select has_table_privilege($1, 'select') as can_read`, [relation]);
  if (right?.can_read !== true) return undefined;
  const [row] = await connection.rows(`select count(*)::text as rows from (select from ${relation} limit 1000000) r`);
  return Number(row?.rows);
}

async function onlyTable(connection: Connection, path: string): Promise<string> {
  const found = await connection.rows(
    `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^(pg_|information_schema$)' order by c.relkind = 'r', 1`,
  );
  const [first] = found;
  if (found.length === 1 && first !== undefined) return String(first.name);
  const names = found.map(({ name }) => String(name)).join(', ');
  throw new UsageError(found.length === 0 ? `${path} makes no table` : `${path} makes several tables: ${names}`, {
    code: 'no_such_table',
    hint: found.length === 0 ? 'give a file with a CREATE TABLE statement' : 'name one of them',
  });
}

function noTable(name: string, label: string): UsageError {
  return new UsageError(`there is no table "${name}" in ${label}`, {
    code: 'no_such_table',
    hint: 'name it with ?table=<schema>.<table>',
  });
}

const READ_LIMITS = `
  with recursive base as (
    select a.attname as name, a.attnum, a.atttypid as oid, a.atttypmod as typmod from pg_attribute a where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped
    union all
    select b.name, b.attnum, t.typbasetype, t.typtypmod from base b join pg_type t on t.oid = b.oid where t.typtype = 'd'
  )
  select b.name, format_type(b.oid, b.typmod) as base_type, format_type(a.atttypid, a.atttypmod) as type
  from base b join pg_type t on t.oid = b.oid and t.typtype <> 'd'
  join pg_attribute a on a.attrelid = $1::oid and a.attnum = b.attnum`;

const READ_KEY_COLUMNS = `
  select a.attname as name from pg_partitioned_table p, unnest(p.partattrs::int2[]) with ordinality k(attnum, position)
  join pg_attribute a on a.attnum = k.attnum
  where p.partrelid = $1::oid and a.attrelid = $1::oid and k.attnum > 0 order by k.position`;

const READ_BOUNDS = `
  select n.nspname as schema, c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bounds
  from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_namespace n on n.oid = c.relnamespace
  where i.inhparent = $1::oid and c.relispartition`;
