import type { SinkContext } from '../../src/sinks/context.js';
import { openSink } from '../../src/sinks/open.js';
import type { Sink } from '../../src/sinks/sink.js';
import { fieldsOf } from './batches.js';
import { createDatabase, type TestDatabase } from './postgres.js';

export interface TestTable extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly sink: Sink;
  /** Rows of the table `t`, oldest id first. */
  rows(columns?: string): Promise<Record<string, unknown>[]>;
}

export const CONTEXT: SinkContext = {
  fields: fieldsOf(),
  jobs: 1,
  env: {},
  signal: new AbortController().signal,
  retryForMs: 5_000,
};

/** A fresh database with a table `t`, and the sink over it. `database` is more of `create database`. */
export async function openTestTable(
  sql: string,
  options: { readonly query?: string; readonly context?: Partial<SinkContext>; readonly database?: string } = {},
): Promise<TestTable> {
  const database = await createDatabase(undefined, options.database);
  try {
    if (sql !== '') await database.query(sql);
    const sink = await openSink(addressOf(database.url, options.query), { ...CONTEXT, ...options.context });
    return {
      database,
      sink,
      rows: (columns = '*') => database.query(`select ${columns} from t order by event_id`),
      async [Symbol.asyncDispose]() {
        await sink[Symbol.asyncDispose]();
        await database[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

/** The address of table `t`, unless the query names another. */
function addressOf(url: string, query = ''): string {
  const parameters = new URLSearchParams(query.slice(1));
  return `${url}?${parameters.has('table') ? '' : 'table=t&'}${parameters}`;
}
