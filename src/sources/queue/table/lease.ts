import type { Connection, Database, Row } from '../../../postgres/connection.js';
import type { Acknowledgement, Message } from '../driver.js';
import { keyList, removeUnleased } from './remove-unleased.js';
import type { Statements } from './statements.js';

/** Rows that nobody else takes while we hold them: a transaction with row locks in a session of its own. */
export interface Lease {
  readonly connection: Connection;
  /** Keys of its rows that have not been settled. */
  readonly held: Set<string>;
  /** What is being done with it; one thing after the other. */
  turn: Promise<unknown>;
  /** Ends the transaction; what has not been committed is given back. */
  readonly end: () => Promise<void>;
}

type Leased = Message<Lease | undefined>;

export interface Leases extends AsyncDisposable {
  /** Reads and locks a page of rows, once there is a session for it; without rows there is no lease. */
  open(
    page: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly lease: Lease | undefined; readonly rows: readonly Row[] }>;
  /**
   * Removes rows in the transactions that hold them, and commits; those whose session broke in one of their own.
   * @throws what the server says when it refuses, or cannot be reached.
   */
  remove(messages: readonly Leased[]): Promise<readonly Acknowledgement[]>;
  giveBack(messages: readonly Leased[]): Promise<void>;
}

interface LeasesOptions {
  readonly database: Database;
  readonly statements: Statements;
  /** Leases at once. */
  readonly most: number;
  readonly signal: AbortSignal;
}

/** The server ends a transaction that lies idle for so long: a process that hangs does not hold its rows for ever. */
const BEGIN = "begin; set local idle_in_transaction_session_timeout = '15min'";

export function createLeases({ database, statements, most, signal }: LeasesOptions): Leases {
  const open = new Set<Lease>();
  const waiting: (() => void)[] = [];
  const room = async (stop: AbortSignal) => {
    while (open.size >= most && !stop.aborted) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        stop.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    stop.throwIfAborted();
  };
  const endWhenEmpty = async (lease: Lease) => {
    if (lease.held.size > 0) return;
    open.delete(lease);
    await lease.end();
    for (const go of waiting.splice(0)) go();
  };
  const inTurn = <T>(lease: Lease, task: () => Promise<T>): Promise<T> => {
    const result = lease.turn.then(task);
    lease.turn = result.catch(() => {});
    return result;
  };
  return {
    async open(page, stop) {
      await room(stop);
      const { lease, rows } = await begin(
        database,
        (connection) => connection.rows(statements.page(true), page),
        signal,
      );
      for (const { key } of rows) lease.held.add(String(key));
      open.add(lease);
      await endWhenEmpty(lease);
      return { lease: rows.length === 0 ? undefined : lease, rows };
    },
    async remove(messages) {
      const removed = new Set<string>();
      await Promise.all(
        [...byLease(messages)].map(([lease, own]) =>
          inTurn(lease, async () => {
            for (const key of await removeRows(lease, own, statements)) removed.add(key);
            await endWhenEmpty(lease);
          }),
        ),
      );
      const keys = messages.map(({ key }) => key).filter((key) => !removed.has(key));
      if (keys.length === 0) return messages.map(() => 'acked');
      const answer = await removeUnleased({ database, statements, keys, signal });
      return messages.map(({ key }) => (removed.has(key) ? 'acked' : answer(key)));
    },
    async giveBack(messages) {
      for (const [lease, own] of byLease(messages)) {
        await inTurn(lease, async () => {
          for (const { key } of own) lease.held.delete(key);
          await endWhenEmpty(lease);
        });
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...open].map((lease) => inTurn(lease, lease.end)));
    },
  };
}

/** Begins a transaction in a session that is ours until the lease ends, and reads in it. */
function begin(
  database: Database,
  read: (connection: Connection) => Promise<readonly Row[]>,
  signal: AbortSignal,
): Promise<{ readonly lease: Lease; readonly rows: readonly Row[] }> {
  const over = new AbortController();
  return new Promise((resolve, reject) => {
    const session = database.use(async (connection) => {
      await connection.run(BEGIN);
      const rows = await read(connection);
      resolve({ lease: { connection, held: new Set(), turn: Promise.resolve(), end }, rows });
      await aborted(over.signal);
      await connection.run('rollback');
    }, signal);
    session.catch(reject);
    const end = async () => {
      over.abort();
      // A session that broke has given its locks back by itself.
      await session.catch(() => {});
    };
  });
}

/**
 * Removes rows and commits, and resolves to the keys of those that are certainly removed. What the same lease still holds
 * is locked again at once; what somebody else got hold of in between is not ours any more.
 */
async function removeRows(
  lease: Lease,
  messages: readonly Leased[],
  statements: Statements,
): Promise<readonly string[]> {
  const mine = messages.map(({ key }) => key).filter((key) => lease.held.delete(key));
  if (mine.length === 0) return [];
  let removed: readonly string[];
  try {
    const rows = await lease.connection.rows(statements.remove, [keyList(mine)]);
    await lease.connection.run('commit');
    removed = rows.map(({ key }) => String(key));
  } catch {
    // The transaction is over, whether its commit was heard or not, and the locks with it.
    lease.held.clear();
    return [];
  }
  await lockAgain(lease, statements).catch(() => lease.held.clear());
  return removed;
}

async function lockAgain({ connection, held }: Lease, { lock }: Statements): Promise<void> {
  if (held.size === 0) return;
  await connection.run(BEGIN);
  const locked = await connection.rows(lock, [keyList([...held])]);
  held.clear();
  for (const { key } of locked) held.add(String(key));
}

function byLease(messages: readonly Leased[]): ReadonlyMap<Lease, readonly Leased[]> {
  const groups = new Map<Lease, Leased[]>();
  for (const message of messages) {
    if (message.handle === undefined) continue;
    const group = groups.get(message.handle);
    if (group === undefined) groups.set(message.handle, [message]);
    else group.push(message);
  }
  return groups;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
