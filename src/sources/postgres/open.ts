import { RespoolError } from '../../errors.js';
import { parseAddress } from '../../postgres/address.js';
import type { Database } from '../../postgres/connection.js';
import { connect, connectError } from '../../postgres/server.js';
import type { SourceContext } from '../context.js';
import type { Source } from '../source.js';
import { createComparable } from './comparable-table.js';
import { parseTableOptions } from './options.js';
import { openSnapshot, type Snapshot } from './snapshot.js';
import { inspectTable, type SourceTable } from './table.js';
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

async function openTable(text: string, { env = {}, snapshots }: SourceContext): Promise<Source> {
  const address = parseAddress(text, env);
  const options = parseTableOptions(address.tableQuery);
  const { signal } = new AbortController();
  const database = await connect(address, SESSIONS, signal);
  try {
    const table = await inspect(database, () =>
      database.use((connection) => inspectTable(connection, options), signal),
    );
    return tableSource(database, table, snapshots);
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

/** The source over a table whose snapshot is taken at the first look and held until the source is closed. */
function tableSource(database: Database, table: SourceTable, snapshots: SourceContext['snapshots']): Source {
  const stop = new AbortController();
  let held: Promise<Snapshot> | undefined;
  const take = async () => {
    const snapshot = await openSnapshot(database, stop.signal, snapshots?.get(database.label));
    snapshots?.set(database.label, snapshot.id);
    return snapshot;
  };
  const connection = async () => {
    held ??= take();
    return (await held).connection;
  };
  const close = async () => {
    const snapshot = await held?.catch(() => undefined);
    await snapshot?.[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  };
  const options = { database, table, connection, close, cut: () => stop.abort() };
  // What it is asked for besides closes with it.
  const comparable = createComparable({ ...options, close: async () => undefined });
  return { ...createTableSource(options), table: comparable };
}

async function inspect<T>({ label }: Database, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof RespoolError ? error : connectError(error, label);
  }
}
