import { CannotEvaluateError, RespoolError, UsageError } from '../../errors.js';
import { CONNECTION_OPTIONS, parseAddress } from '../../postgres/address.js';
import type { Connection, Database } from '../../postgres/connection.js';
import { connect, connectError } from '../../postgres/server.js';
import type { SinkContext } from '../context.js';
import type { Sink } from '../sink.js';
import { tellsTimeline } from './commit.js';
import { RECODES, readTable } from './introspect.js';
import { newTable } from './new-table.js';
import type { PeriodScheme } from './partition-scheme.js';
import { planTable, type TablePlan } from './plan.js';
import { createPostgresSink } from './postgres-sink.js';
import { parseTableOptions, type TableOptions } from './sink-options.js';
import type { Table } from './table.js';

const MOST_EVENTS = 10_000;
const RETRY_FOR_MS = 60_000;

/**
 * Opens the sink `postgres://…?table=…`: connects, reads the table and plans how events become its rows. Writes nothing.
 * @throws UsageError when the table would let a rerun duplicate events or can never take them; CannotEvaluateError when
 * the server refuses; IncompleteError when it cannot be reached.
 */
export async function openPostgres(url: string, context: SinkContext): Promise<Sink> {
  return (await openPostgresTable(url, context)).sink;
}

/** A table that is open for writing, with all that is known of it. */
export interface OpenTable {
  readonly sink: Sink;
  readonly database: Database;
  readonly plan: TablePlan;
}

/**
 * Opens the same sink, and with it the table behind it. Closing the sink closes both.
 * @param scheme how partitions are cut that are made, where that has been decided before.
 * @throws like `openPostgres`.
 */
export async function openPostgresTable(url: string, context: SinkContext, scheme?: PeriodScheme): Promise<OpenTable> {
  const address = parseAddress(url, context.env);
  const parsed = parseTableOptions(address.tableQuery, CONNECTION_OPTIONS);
  const options = scheme === undefined ? parsed : { ...parsed, scheme };
  const database = await connect(address, Math.max(1, context.jobs), context.signal);
  try {
    return await openTableWith(database, options, { ...context, name: 'postgres', maxEvents: MOST_EVENTS });
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

/** What differs between a server and the embedded database. */
export interface TableContext extends SinkContext {
  readonly name: string;
  readonly maxEvents: number;
  readonly notes?: readonly string[];
}

/** Reads a table through an open database and makes the sink over it. */
export async function openTable(database: Database, options: TableOptions, context: TableContext): Promise<Sink> {
  return (await openTableWith(database, options, context)).sink;
}

async function openTableWith(database: Database, options: TableOptions, context: TableContext): Promise<OpenTable> {
  const { table, hasTimeline } = await inspect(database, options, context.signal);
  const plan = planTable(table, options, context);
  const sink = createPostgresSink({
    name: context.name,
    database,
    plan,
    hasTimeline,
    maxEvents: context.maxEvents,
    retryForMs: context.retryForMs ?? RETRY_FOR_MS,
    onWait: context.onWait,
    strictId: context.strictId ?? false,
    notes: context.notes ?? [],
  });
  return { sink, database, plan };
}

async function inspect(database: Database, options: TableOptions, signal: AbortSignal) {
  try {
    return await database.use(async (connection) => {
      const hasTimeline = await tellsTimeline(connection);
      await connection.run(`begin read only; set local timezone = 'UTC'; set local datestyle = 'ISO'`);
      const table = await findTable(connection, options);
      await connection.run('commit');
      return { table, hasTimeline };
    }, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof RespoolError ? error : connectError(error, database.label);
  }
}

async function findTable(connection: Connection, { table: { schema, name } }: TableOptions): Promise<Table> {
  const table =
    (await readTable(connection, { schema, name })) ?? (await readTable(connection, folded({ schema, name })));
  if (table !== undefined) return checked(table);
  const [place] = await connection.rows(
    `select n.nspname as schema, has_schema_privilege(n.oid, 'create') as can_create, ${RECODES} as recodes from pg_namespace n where n.nspname = coalesce(nullif($1, ''), current_schema())`,
    [schema ?? ''],
  );
  if (place === undefined) {
    throw new UsageError(`there is no schema "${schema ?? 'public'}" in the database`, {
      code: 'no_such_schema',
      hint: 'make the schema first, or name another one with table=<schema>.<table>',
    });
  }
  if (place.can_create !== true) {
    throw new CannotEvaluateError(
      `there is no table "${name}", and this role may not make one in schema ${place.schema}`,
      {
        code: 'no_table_rights',
        hint: 'name an existing table with table=<schema>.<table>, or grant create on the schema',
      },
    );
  }
  return newTable({ schema: String(place.schema), name }, place.recodes === true ? 'recoded' : 'bytes');
}

/** Unquoted names are lower case in PostgreSQL. */
function folded({ schema, name }: { readonly schema: string | undefined; readonly name: string }) {
  return { schema: schema?.toLowerCase(), name: name.toLowerCase() };
}

function checked(table: Table): Table {
  if (table.missingRights.length > 0) {
    throw new CannotEvaluateError(
      `this role has no right to ${table.missingRights.join(' or ')} on table ${table.name}`,
      {
        code: 'no_table_rights',
        hint: `grant select, insert on ${table.name} to the role`,
      },
    );
  }
  if (table.hasRowSecurity) {
    throw new UsageError(`row security applies to this role on table ${table.name}, and COPY is refused under it`, {
      code: 'row_security',
      hint: 'use the table owner or a role with BYPASSRLS',
    });
  }
  return table;
}
