import { IncompleteError } from '../../errors.js';
import { pause } from '../../pause.js';
import type { Connection } from '../../postgres/connection.js';
import { reasonOf } from '../../postgres/retry.js';
import { sqlError } from '../../postgres/sql-error.js';

/** How long others may be kept from the table, and who is told about waits. */
export interface Locking {
  readonly maxLockMs: number;
  readonly tell: (note: string) => void;
  readonly finish: AbortSignal;
}

const MOST_ATTEMPTS = 40;
/** The lock is there or not: whoever waits for it keeps everybody behind it waiting too. */
const SHARE_FOR_WAITING = 0.25;
/** Lock or statement timeout, deadlock, a client that was cut off. */
const AGAIN = new Set(['55P03', '57014', '40P01', '40001']);

/**
 * Carries out statements in one transaction that holds its locks for at most `maxLockMs`, waiting for them included: the
 * server itself breaks it off otherwise, and it is tried again later. All of it happens, or nothing.
 * Resolves to the milliseconds from the moment the locks were there to the end, as the server measured them.
 * @param locks relations to lock first, in this order.
 * @throws IncompleteError `lock_not_taken` when the table stays too busy.
 */
export async function underLock(
  connection: Connection,
  { locks, statements }: { readonly locks: readonly string[]; readonly statements: readonly string[] },
  locking: Locking,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    locking.finish.throwIfAborted();
    try {
      await connection.run(transactionSql(locks, statements, locking.maxLockMs));
      const [row] = await connection.rows(`select current_setting('respool.locked_ms') as ms`);
      return Math.round(Number(row?.ms) * 10) / 10;
    } catch (error) {
      await connection.run('rollback');
      if (!AGAIN.has(sqlError(error)?.code ?? '')) throw error;
      if (attempt === MOST_ATTEMPTS) throw notTaken(error, locking);
      const waitMs = Math.min(5_000, 100 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random());
      locking.tell(`waiting for the lock on ${locks[0]}: ${reasonOf(error)}; trying again in ${Math.round(waitMs)} ms`);
      await pause(waitMs, locking.finish);
    }
  }
}

/**
 * One statement does it all, so that one time-out of the server bounds it, whatever becomes of this process or of the
 * network meanwhile.
 */
function transactionSql(locks: readonly string[], statements: readonly string[], maxLockMs: number): string {
  const steps = statements.map((statement) => `execute ${literal(statement)};`).join('\n');
  const body = `declare began timestamptz;
begin
  ${locks.map((relation) => `lock table only ${relation} in access exclusive mode;`).join('\n')}
  began := clock_timestamp();
  ${steps}
  perform set_config('respool.locked_ms', (extract(epoch from clock_timestamp() - began) * 1000)::text, false);
end`;
  return (
    `begin; set local synchronous_commit = on; set local client_min_messages = warning; set local timezone = 'UTC'; ` +
    `set local lock_timeout = ${Math.max(20, Math.round(maxLockMs * SHARE_FOR_WAITING))}; ` +
    `set local statement_timeout = ${Math.round(maxLockMs)}; set local idle_in_transaction_session_timeout = ${Math.round(maxLockMs)}; ` +
    `do ${dollars(body)}; commit`
  );
}

function literal(sql: string): string {
  return `'${sql.replaceAll("'", "''")}'`;
}

function dollars(body: string): string {
  return `$respool_step$${body}$respool_step$`;
}

function notTaken(cause: unknown, { maxLockMs }: Locking): IncompleteError {
  return new IncompleteError(`the table is too busy for a lock of ${maxLockMs} ms: ${reasonOf(cause)}`, {
    code: 'lock_not_taken',
    hint: 'run the same command again at a quieter time, or allow more with --max-lock',
    cause,
  });
}
