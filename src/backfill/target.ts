import { createHash } from 'node:crypto';
import type { Connection, Database } from '../postgres/connection.js';
import { quoteName } from '../postgres/sql.js';
import { boundsSql } from '../sinks/postgres/partition-bounds.js';
import { qualified } from '../sinks/postgres/partition-map.js';
import type { TablePlan } from '../sinks/postgres/plan.js';

/** What must stay as it is between the plan and its end: columns, keys, and how the table is cut. */
export function shapeOf({ table, columns, key, encoder }: TablePlan): string {
  const facts = {
    columns: table.columns.map(({ name, typeName, notNull, isGenerated }) => [name, typeName, notNull, isGenerated]),
    filled: columns.map(({ column, source }) => [column.name, source]),
    key: key.map(({ column }) => column.name),
    partitioning: table.partitioning,
    scheme: encoder.routing?.scheme,
  };
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
}

/** Runs `work` in a read-only transaction whose times are in UTC. */
export async function reading<T>(
  database: Database,
  work: (connection: Connection) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return database.use(async (connection) => {
    await connection.run(`begin read only; set local timezone = 'UTC'; set local datestyle = 'ISO'`);
    const result = await work(connection);
    await connection.run('commit');
    return result;
  }, signal);
}

/** What the server sees now: transactions that are younger are not in it. */
export async function currentSnapshot(connection: Connection): Promise<string> {
  const [row] = await connection.rows('select pg_current_snapshot()::text as snapshot');
  return String(row?.snapshot);
}

/** Rows of a relation, counted. */
export async function countRows(connection: Connection, relation: string, where = 'true'): Promise<number> {
  const [row] = await connection.rows(`select count(*)::text as rows from ${relation} where ${where}`);
  return Number(row?.rows ?? 0);
}

/** That a row lies in a period, as SQL. */
export function withinSql(
  { timeType, table }: TablePlan,
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
): string {
  const column = quoteName(table.partitioning?.column ?? '');
  const [, from, to] = /\((.*)\) to \((.*)\)$/.exec(boundsSql({ fromUs, toUs }, timeType ?? 'timestamptz')) ?? [];
  const parts = [`${column} is not null`];
  if (from !== 'minvalue') parts.push(`${column} >= ${from}`);
  if (to !== 'maxvalue') parts.push(`${column} < ${to}`);
  return parts.join(' and ');
}

/** The relation in which the rows of a partition are looked for: the partition where it is attached, else the table. */
export async function relationOf(
  connection: Connection,
  { table }: TablePlan,
  { schema, name }: { readonly schema: string; readonly name: string },
): Promise<{ readonly relation: string; readonly oid: string | undefined }> {
  const [row] = await connection.rows(
    `select c.oid::text as oid from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_namespace n on n.oid = c.relnamespace
     where i.inhparent = to_regclass($1) and n.nspname = $2 and c.relname = $3`,
    [qualified(table), schema, name],
  );
  return row === undefined
    ? { relation: qualified(table), oid: undefined }
    : { relation: qualified({ schema, name }), oid: String(row.oid) };
}
