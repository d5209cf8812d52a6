import type { Connection, Database } from '../../postgres/connection.js';

/** The state of a database at one instant, as several sessions see it. */
export interface Snapshot extends AsyncDisposable {
  /** Its name, which other sessions of the same database can take up. */
  readonly id: string;
  /** The session that holds it. */
  readonly connection: Connection;
}

/** Settings of reading: instants in UTC, all digits, one way to write each type, no rows hidden without a word, no limits of time. */
const SETTINGS =
  `set local timezone = 'UTC'; set local datestyle = 'ISO'; set local intervalstyle = 'postgres'; ` +
  `set local bytea_output = 'hex'; set local extra_float_digits = 3; set local row_security = off; ` +
  'set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0';

/**
 * Takes a snapshot of a database and holds it until it is disposed of; `shared` takes up one that another session holds.
 * @throws whatever the server says.
 */
export async function openSnapshot(database: Database, signal: AbortSignal, shared?: string): Promise<Snapshot> {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return new Promise((resolve, reject) => {
    const held = database.use(async (connection) => {
      const adopt = shared === undefined ? '' : `; set transaction snapshot '${shared.replaceAll("'", "''")}'`;
      await connection.run(`begin isolation level repeatable read read only${adopt}`);
      await connection.run(SETTINGS);
      const [row] =
        shared === undefined ? await connection.rows('select pg_export_snapshot() as id') : [{ id: shared }];
      resolve({
        id: String(row?.id),
        connection,
        async [Symbol.asyncDispose]() {
          release();
          await held.catch(() => undefined);
        },
      });
      await released;
      await connection.run('rollback').catch(() => undefined);
    }, signal);
    held.catch(reject);
  });
}
