import type { PGlite } from '@electric-sql/pglite';
import type { Connection, Database, Row } from '../../postgres/connection.js';

/** Parameters go as they come: the server reads text and binary forms alike. */
const AS_IS = new Proxy<Record<string, (value: unknown) => string>>({}, { get: () => (value: string) => value });

/** The embedded server as a database with one session. */
export function createPgliteDatabase(db: PGlite, label: string, close: () => Promise<void>): Database {
  let turn: Promise<unknown> = Promise.resolve();
  return {
    label,
    sessions: 1,
    use(work, signal) {
      const result = turn.then(() => useSession(db, work, signal));
      turn = result.catch(() => undefined);
      return result;
    },
    [Symbol.asyncDispose]: close,
  };
}

async function useSession<T>(
  db: PGlite,
  work: (connection: Connection) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  try {
    return await work(connectionOf(db, signal));
  } catch (error) {
    await db.exec('rollback').catch(() => undefined);
    throw error;
  }
}

function connectionOf(db: PGlite, signal: AbortSignal): Connection {
  return {
    async run(sql) {
      signal.throwIfAborted();
      await db.exec(sql);
    },
    async rows(sql, parameters = []) {
      signal.throwIfAborted();
      const { rows } = await db.query<Row>(sql, [...parameters], { serializers: AS_IS });
      return rows;
    },
    async copyIn(sql, chunks) {
      signal.throwIfAborted();
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      for await (const chunk of chunks) pieces.push(chunk as Uint8Array<ArrayBuffer>); // the encoder and the header own plain buffers
      const blob = new Blob(pieces);
      const { affectedRows } = await db.query(sql.replace(' from stdin', ` from '/dev/blob'`), [], { blob });
      return affectedRows ?? 0;
    },
  };
}
