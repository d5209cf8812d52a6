import type { Database } from '../../../postgres/connection.js';
import type { Acknowledgement } from '../driver.js';
import type { Statements } from './statements.js';

interface Unleased {
  readonly database: Database;
  readonly statements: Statements;
  readonly keys: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Removes rows that every sink has taken and whose lease is over, because its session broke. What is gone was removed by
 * us, and the answer was lost, or by somebody else; what somebody holds at the moment may be tried again.
 * @throws what the server says, or that it cannot be reached: nothing is known of any row then.
 */
export function removeUnleased(unleased: Unleased): Promise<(key: string) => Acknowledgement> {
  const { database, statements, keys, signal } = unleased;
  return database.use(async (connection) => {
    const open = new Set(keysOf(await connection.rows(statements.open, [keyList(keys)])));
    if (open.size === 0) return () => 'acked';
    await connection.run('begin');
    const ours = keysOf(await connection.rows(statements.lock, [keyList([...open])]));
    const removed = new Set(keysOf(await connection.rows(statements.remove, [keyList(ours)])));
    await connection.run('commit');
    return (key) => (open.has(key) && !removed.has(key) ? 'failed' : 'acked');
  }, signal);
}

/** Keys as the statements take them. */
export const keyList = (keys: readonly string[]) => `[${keys.join(',')}]`;

const keysOf = (rows: readonly { readonly [column: string]: unknown }[]) => rows.map(({ key }) => String(key));
