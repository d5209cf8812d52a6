import pg from 'pg';
import type { Connection, Database, Parameter, Row } from './connection.js';
import { CopyIn } from './copy-in.js';
import { isBroken, kindOf } from './sql-error.js';

export interface PgDatabaseOptions {
  readonly config: pg.ClientConfig;
  readonly label: string;
  readonly sessions: number;
}

const CONNECT_TIMEOUT_MS = 15_000;
/** After this long without an answer the system asks whether the server is still there. */
const KEEP_ALIVE_MS = 10_000;

/** A server that is reached over the network or a socket; sessions are pooled. */
export function openPgDatabase({ config, label, sessions }: PgDatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    ...config,
    max: sessions,
    allowExitOnIdle: true,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  });
  pool.on('error', ignore);
  // For its whole life: a server may end a session with the very packet that opens it, before anybody could listen.
  pool.on('connect', (client) => client.on('error', ignore));
  let ending: Promise<void> | undefined;
  return {
    label,
    sessions,
    async use(work, signal) {
      signal.throwIfAborted();
      const client = await abortable(pool.connect(), signal, (late) => late.release());
      return lend(client, work, signal);
    },
    [Symbol.asyncDispose]() {
      ending ??= pool.end();
      return ending;
    },
  };
}

async function lend<T>(
  client: pg.PoolClient,
  work: (connection: Connection) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  let isSpoilt = false;
  const cut = () => {
    isSpoilt = true;
    destroy(client);
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    return await work(connectionOf(client));
  } catch (error) {
    isSpoilt ||= isBroken(error) || kindOf(error) !== 'data';
    if (signal.aborted) throw signal.reason;
    throw error;
  } finally {
    signal.removeEventListener('abort', cut);
    client.release(isSpoilt);
  }
}

function connectionOf(client: pg.PoolClient): Connection {
  return {
    async run(sql) {
      await client.query(sql);
    },
    async rows(sql, parameters) {
      const { rows } = await client.query<Row>(sql, parameters?.map(bufferOf));
      return rows;
    },
    copyIn(sql, chunks) {
      const copy = client.query(new CopyIn(sql, chunks));
      return copy.done;
    },
  };
}

function bufferOf(parameter: Parameter): string | Buffer {
  if (typeof parameter === 'string') return parameter;
  return Buffer.from(parameter.buffer, parameter.byteOffset, parameter.byteLength);
}

function destroy(client: pg.PoolClient): void {
  const { connection } = client as pg.PoolClient & { readonly connection: pg.Connection }; // every client has one
  connection.stream.destroy();
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal, discard: (late: T) => void): Promise<T> {
  let stop: () => void = ignore;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } catch (error) {
    if (signal.aborted) promise.then(discard, ignore);
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function ignore(): void {
  // An idle session that breaks is replaced; one in use reports through its query.
}
