import type { Connection, Database, Row } from '../../../postgres/connection.js';
import { connectError } from '../../../postgres/server.js';
import { kindOf } from '../../../postgres/sql-error.js';
import type { Message, QueueDescription, QueueDriver } from '../driver.js';
import type { TableLayout } from './layout.js';
import { createLeases, type Lease } from './lease.js';
import { letterOf } from './letter-of-row.js';
import { type Statements, statementsOf } from './statements.js';
import { createStretches, type Stretch, type Stretches } from './stretches.js';

export interface TableOptions {
  /** The source without secrets, as a user would type it. */
  readonly label: string;
  readonly layout: TableLayout;
  readonly database: Database;
  /** Whether rows that are added after the start are read too. */
  readonly follow: boolean;
  /** Whether nothing is locked, because it is a mere look. */
  readonly dryRun: boolean;
}

/** Sessions for leases; one more is kept for everything else. */
const MOST_LEASES = 8;
export const SESSIONS = MOST_LEASES + 1;
const PAGE_ROWS = 1_000;
const PAGE_BYTES = 4 * 2 ** 20;

/**
 * Rows of a table as messages, in the order of their keys, up to the greatest key at the start. They are locked with
 * FOR UPDATE SKIP LOCKED while they are in hand, so that any number of processes share a table, and removed in the
 * transaction that holds them.
 */
export function createTableDriver({
  label,
  layout,
  database,
  follow,
  dryRun,
}: TableOptions): QueueDriver<Lease | undefined> {
  const statements = statementsOf(layout);
  const closing = new AbortController();
  const leases = createLeases({ database, statements, most: MOST_LEASES, signal: closing.signal });
  const inWords = (error: unknown) => (kindOf(error) === undefined ? error : connectError(error, database.label));
  const use = <T>(work: (connection: Connection) => Promise<T>) =>
    database.use(work, closing.signal).catch((error: unknown) => {
      throw inWords(error);
    });
  let start: Start | undefined;
  let stretches: Stretches | undefined;
  let isAtEnd = false;
  /** Rows of a stretch, of the first that has any; none at the end. */
  const rowsAhead = async (stretches: Stretches, most: number, signal: AbortSignal): Promise<Page> => {
    for (;;) {
      const stretch = await stretches.next(most);
      if (stretch === undefined) return NOTHING;
      const page = await read(stretch, most, signal);
      // Rows that came in between are those of another page.
      stretches.passed(page.rows.length < most ? undefined : String(page.rows.at(-1)?.key));
      if (page.rows.length > 0) return page;
    }
  };
  const read = async ({ after, upTo }: Stretch, most: number, signal: AbortSignal): Promise<Page> => {
    const page = [after, upTo, String(most)];
    if (dryRun) return { lease: undefined, rows: await use((it) => it.rows(statements.page(false), page)) };
    return leases.open(page, signal).catch((error: unknown) => {
      throw inWords(error);
    });
  };

  return {
    label,
    limits: {
      pollers: 1,
      acks: 100_000,
      held: MOST_LEASES * PAGE_ROWS,
      returnsAtOnce: true,
      removesForGood: true,
      locksTogether: true,
    },
    describe: () => use((connection) => describeTable(connection, statements, layout)),
    async receive(signal, most) {
      start ??= await use((connection) => lookAtStart(connection, statements));
      if (start.last === '' && !follow) {
        isAtEnd = true;
        return [];
      }
      stretches ??= createStretches({ use, statements, last: follow ? '' : start.last });
      const wanted = Math.max(1, Math.min(PAGE_ROWS, most, Math.floor(PAGE_BYTES / start.rowBytes)));
      const { lease, rows } = await rowsAhead(stretches, wanted, signal);
      isAtEnd = rows.length === 0;
      // Who follows begins again: ids need not grow in the order in which rows become visible.
      if (isAtEnd && follow) stretches.restart();
      return rows.map((row): Message<Lease | undefined> => {
        const key = String(row.key);
        return { key, handle: lease, letter: letterOf(row, layout) };
      });
    },
    isDrained: async () => isAtEnd,
    ack: (messages) =>
      leases.remove(messages).catch((error: unknown) => {
        throw inWords(error);
      }),
    release: (messages) => leases.giveBack(messages),
    async [Symbol.asyncDispose]() {
      if (closing.signal.aborted) return;
      await leases[Symbol.asyncDispose]();
      closing.abort();
      await database[Symbol.asyncDispose]();
    },
  };
}

interface Page {
  readonly lease: Lease | undefined;
  readonly rows: readonly Row[];
}

const NOTHING: Page = { lease: undefined, rows: [] };

interface Start {
  /** The greatest key of a dead row; the empty text when there is none. */
  readonly last: string;
  /** Bytes of a body, on average of some. */
  readonly rowBytes: number;
}

async function lookAtStart(connection: Connection, statements: Statements): Promise<Start> {
  const [last] = await connection.rows(statements.last);
  const [sample] = await connection.rows(statements.sample);
  return { last: last === undefined ? '' : String(last.key), rowBytes: Math.max(1, Number(sample?.bytes ?? 1)) };
}

async function describeTable(
  connection: Connection,
  { describe }: Statements,
  { isDeadLetters, why, warnings }: TableLayout,
): Promise<QueueDescription> {
  const [row] = await connection.rows(describe);
  const ms = (seconds: unknown) => (typeof seconds === 'string' ? Math.round(Number(seconds) * 1_000) : undefined);
  const [oldestMs, firstExpiresMs] = [ms(row?.oldest), ms(row?.expires)];
  return {
    isDeadLetters,
    why,
    ready: Number(row?.messages),
    warnings,
    ...(oldestMs !== undefined && { oldestMs }),
    ...(firstExpiresMs !== undefined && { firstExpiresMs }),
  };
}
