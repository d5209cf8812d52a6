import type { Database, Row } from '../postgres/connection.js';

const MAKING = 0x7265_7371;

/** Asks the database of the queue. */
export type Ask = (sql: string, values?: readonly string[]) => Promise<readonly Row[]>;

/** Asks `database`, with a session of its own for each question. */
export function askOf(database: Database, signal: AbortSignal): Ask {
  return (sql, values = []) => database.use((connection) => connection.rows(sql, values), signal);
}

/** Makes tables in the schema `respool` where they are missing; several processes may do so at once. */
export async function makeTables(database: Database, statements: string, signal: AbortSignal): Promise<void> {
  const whole = `begin; set local client_min_messages = warning; select pg_advisory_xact_lock(${MAKING});
    create schema if not exists respool; ${statements}; commit`;
  await database.use((connection) => connection.run(whole), signal);
}
