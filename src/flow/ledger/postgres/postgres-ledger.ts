import { UsageError } from '../../../errors.js';
import { parseAddress } from '../../../postgres/address.js';
import type { Connection, Database } from '../../../postgres/connection.js';
import { withRetry } from '../../../postgres/retry.js';
import { connect, connectError } from '../../../postgres/server.js';
import type { Ledger, Writer } from '../ledger.js';
import { openBook } from './book.js';
import { LOCK_CLASS, makeTables } from './sql.js';

const SESSIONS = 6;
const RETRY_FOR_MS = 60_000;

/** Runs work on the ledger's server, again while that is down. */
export type Ask = <T>(work: (connection: Connection) => Promise<T>) => Promise<T>;

/**
 * The ledger in three tables of a PostgreSQL server, for several machines at once: each writer holds an advisory lock
 * while it lives, so that what it is sending is not taken for left over.
 * @throws RespoolError when the address is wrong or the server cannot be reached.
 */
export async function openPostgresLedger(
  address: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Ledger> {
  if (!/^postgres(?:ql)?:/u.test(address)) throw badAddress();
  const server = parseAddress(address, env);
  const database = await connect(server, SESSIONS, signal);
  const label = `${server.label} (ledger)`;
  const ask: Ask = (work) =>
    withRetry(() => database.use(work, signal), { label, retryForMs: RETRY_FOR_MS, onWait: undefined }, signal);
  try {
    await database.use(makeTables, signal);
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw connectError(error, label);
  }
  let life: Promise<Life> | undefined;
  return {
    label,
    async openBook(sink, writer) {
      life ??= beginLife(database, ask, { writer, signal });
      const { number } = await life;
      return openBook(ask, { sink: await numberOfSink(ask, sink), writer: number, run: writer.run });
    },
    async [Symbol.asyncDispose]() {
      (await life)?.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

interface Life {
  readonly number: number;
  end(): void;
}

/** Enters a writer, and holds its lock on a session of its own until the end. */
async function beginLife(
  database: Database,
  ask: Ask,
  { writer, signal }: { readonly writer: Writer; readonly signal: AbortSignal },
): Promise<Life> {
  const { run, source, startedAt } = writer;
  const [row] = await ask((connection) =>
    connection.rows(
      'insert into respool_ledger_writers (run, source, started_at) values ($1, $2, $3) returning number',
      [run, source, startedAt],
    ),
  );
  const number = Number(row?.number);
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  await new Promise<void>((resolve, reject) => {
    const holding = database.use(async (connection) => {
      await connection.rows(`select pg_advisory_lock(${LOCK_CLASS}, $1::int)`, [String(number)]);
      resolve();
      await ended;
      await connection.rows(`select pg_advisory_unlock(${LOCK_CLASS}, $1::int)`, [String(number)]);
    }, signal);
    holding.catch(reject);
  });
  return { number, end };
}

async function numberOfSink(ask: Ask, label: string): Promise<number> {
  const [row] = await ask((connection) =>
    connection.rows(
      `insert into respool_ledger_sinks (label) values ($1)
       on conflict (label) do update set label = excluded.label returning number`,
      [label],
    ),
  );
  return Number(row?.number);
}

/** What is wrong with an address that is none of PostgreSQL's. */
export function badAddress(): UsageError {
  return new UsageError('--ledger takes the address of a PostgreSQL database', {
    code: 'bad_ledger_address',
    hint: 'write --ledger postgres://user@host:5432/database, or leave it out: then it is in the state folder',
  });
}
