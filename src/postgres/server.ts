import { CannotEvaluateError, IncompleteError, type RespoolError } from '../errors.js';
import type { ServerAddress } from './address.js';
import type { Database } from './connection.js';
import { openPgDatabase } from './pg-database.js';
import { reasonOf } from './retry.js';
import { kindOf, sqlError } from './sql-error.js';
import { tlsAttempts } from './tls.js';

/**
 * Connects to a server, with or without TLS as its address says.
 * @throws CannotEvaluateError `database_refused` when it lets nobody in; IncompleteError `database_unreachable` when it
 * does not answer.
 */
export async function connect(address: ServerAddress, sessions: number, signal: AbortSignal): Promise<Database> {
  const isSocket = address.config.host?.startsWith('/') === true;
  const attempts = isSocket ? [false as const] : tlsAttempts(address.tls);
  for (const [at, ssl] of attempts.entries()) {
    const database = openPgDatabase({ config: { ...address.config, ssl }, label: address.label, sessions });
    try {
      await database.use((connection) => connection.rows('select 1'), signal);
      return database;
    } catch (error) {
      await database[Symbol.asyncDispose]();
      signal.throwIfAborted();
      if (at === attempts.length - 1 || !mayTryOtherWay(error)) throw connectError(error, address.label);
    }
  }
  throw new Error('there is at least one way to connect');
}

/** The server has no TLS, or its rules for this host want the other way. */
function mayTryOtherWay(error: unknown): boolean {
  return sqlError(error)?.code === '28000' || /does not support SSL/i.test(reasonOf(error));
}

/** An error while opening, in the class of what the user does next. */
export function connectError(error: unknown, label: string): RespoolError {
  const message = `${label}: ${reasonOf(error)}`;
  if (kindOf(error) === 'wait') {
    return new IncompleteError(message, {
      code: 'database_unreachable',
      hint: 'check host and port, or wait until the server is up, and run the same command again',
      cause: error,
    });
  }
  return new CannotEvaluateError(message, {
    code: 'database_refused',
    hint: 'check user, password, database name, rights and sslmode (PGPASSWORD, ~/.pgpass)',
    cause: error,
  });
}
