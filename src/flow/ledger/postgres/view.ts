import { parseAddress } from '../../../postgres/address.js';
import type { Row } from '../../../postgres/connection.js';
import { connect, connectError } from '../../../postgres/server.js';
import { TAKEN } from '../ledger.js';
import type { LedgerEntry, LedgerView } from '../view.js';
import { hexOfId } from './book.js';
import { badAddress } from './postgres-ledger.js';
import { FIND, LIST, makeTables, PRUNE, SENDING } from './sql.js';

const AT_ONCE = 10_000;

/** Looks into the ledger in the tables of a server. */
export async function openPostgresView(
  address: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<LedgerView> {
  if (!/^postgres(?:ql)?:/u.test(address)) throw badAddress();
  const database = await connect(parseAddress(address, env), 1, signal);
  const rows = (sql: string, parameters: readonly string[]) =>
    database.use((connection) => connection.rows(sql, parameters), signal);
  await database.use(makeTables, signal).catch(async (error: unknown) => {
    await database[Symbol.asyncDispose]();
    throw connectError(error, database.label);
  });
  return {
    label: database.label,
    async find(id) {
      return (await rows(FIND, [hexOfId(Buffer.from(id))])).map((row) => ({ ...entryOf(row), id }));
    },
    async *entries() {
      let last: Row | undefined;
      do {
        const page: readonly Row[] = await rows(LIST, [
          String(last?.number ?? 0),
          String(last?.id ?? ''),
          String(AT_ONCE),
        ]);
        for (const row of page) yield entryOf(row);
        last = page.length === AT_ONCE ? page.at(-1) : undefined;
      } while (last !== undefined);
    },
    async prune(before) {
      const [row] = await rows(PRUNE, [before.toISOString()]);
      return Number(row?.pruned);
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

function entryOf(row: Row): LedgerEntry {
  const hex = String(row.id);
  return {
    sink: String(row.label),
    id: hex.startsWith('ff') ? `sha256:${hex.slice(2)}` : Buffer.from(hex, 'hex').toString(),
    state: stateOf(Number(row.state), row.is_alive === true),
    writer: { run: String(row.run), source: String(row.source), startedAt: String(row.started_at) },
    part: Number(row.part),
    offset: Number(row.place),
  };
}

function stateOf(state: number, isAlive: boolean): LedgerEntry['state'] {
  if (state === TAKEN) return 'taken';
  return state === SENDING && isAlive ? 'sending' : 'unknown';
}
