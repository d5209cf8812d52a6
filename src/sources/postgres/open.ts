import { RespoolError } from '../../errors.js';
import { parseAddress } from '../../postgres/address.js';
import type { Database } from '../../postgres/connection.js';
import { connect, connectError } from '../../postgres/server.js';
import type { SourceContext } from '../context.js';
import type { Source } from '../source.js';
import { parseTableOptions } from './options.js';
import { inspectTable } from './table.js';
import { createTableSource } from './table-source.js';

/** Sessions of one table: one holds the snapshot, the others read in it. */
const SESSIONS = 3;

/**
 * Opens the source `postgres://…?table=…`: the rows of a table as they stand in one snapshot, each as an event.
 * Nothing is written and nothing is locked.
 * @throws UsageError when the table does not exist; CannotEvaluateError when the server refuses; IncompleteError when it
 * cannot be reached.
 */
export async function openPostgresSource(address: string, context: SourceContext): Promise<Source> {
  return openTable(address, context);
}

async function openTable(text: string, { env = {} }: SourceContext): Promise<Source> {
  const address = parseAddress(text, env);
  const options = parseTableOptions(address.tableQuery);
  const { signal } = new AbortController();
  const database = await connect(address, SESSIONS, signal);
  try {
    const table = await inspect(database, () =>
      database.use((connection) => inspectTable(connection, options), signal),
    );
    return createTableSource({ database, table });
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

async function inspect<T>({ label }: Database, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof RespoolError ? error : connectError(error, label);
  }
}
