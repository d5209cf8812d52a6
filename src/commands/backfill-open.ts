import type { Target } from '../backfill/backfill-target.js';
import { readPartman } from '../backfill/partman.js';
import { tableTarget } from '../backfill/table-target.js';
import { parseAddress } from '../postgres/address.js';
import type { Connection, Database } from '../postgres/connection.js';
import { connect } from '../postgres/server.js';
import { makeTable } from '../sinks/postgres/new-table.js';
import type { TablePlan } from '../sinks/postgres/plan.js';
import { openPostgresTable } from '../sinks/postgres/postgres.js';
import type { Sink } from '../sinks/sink.js';
import type { BackfillOptions } from './backfill.js';
import { refuseMessages, requireOneSink, targetKindOf } from './backfill-refusals.js';
import type { Invocation } from './command.js';
import { type Opening, type OpenReplay, openReplay } from './replay-open.js';
import { sinkAddresses } from './replay-sinks.js';

type Call = Invocation<BackfillOptions>;

/** Everything that a backfill needs. */
export interface OpenBackfill extends AsyncDisposable {
  readonly open: OpenReplay;
  readonly target: Target;
}

/**
 * Opens source, schema and target as a replay would.
 * @throws UsageError, CannotEvaluateError or IncompleteError with what the user does next.
 */
export async function openBackfill(call: Call): Promise<OpenBackfill> {
  requireOneSink(call.options);
  const replay = asReplay(call);
  const url = sinkAddresses(replay)[0]?.url ?? '';
  if (targetKindOf(url) === 'table') return openTableBackfill(call);
  const { openDayBackfill } = await import('./backfill-days.js');
  return openDayBackfill(call, url, replay);
}

/** What it costs and what it finds stands in docs/decisions/041-proof-by-rows.md. */
const DEFAULT_PROOF = 'rows';

/** Opens a table, and sessions beside those of the sink. */
async function openTableBackfill(call: Call): Promise<OpenBackfill> {
  const { options, io, stop } = call;
  let found: { readonly table: TablePlan; readonly sink: Sink; readonly url: string } | undefined;
  const opening: Opening = {
    command: 'backfill',
    conditions: { '--method': options.method },
    openSink: async (url, context) => {
      const opened = await openPostgresTable(withPeriod(url, options.partitionBy), context);
      const find = (connection: Connection) => readPartman(connection, opened.plan);
      const partman = await opened.database.use(find, context.signal);
      const table =
        options.method === 'swap' || typeof partman === 'object' ? intoPartitions(opened.plan) : opened.plan;
      const { encoder } = opened.sink;
      const sink =
        encoder === undefined ? opened.sink : { ...opened.sink, encoder: { ...encoder, options: table.encoder } };
      found = { table, sink, url };
      return sink;
    },
  };
  const open = await openReplay(asReplay(call), opening);
  try {
    if (found === undefined) throw new Error('the sink was opened');
    refuseMessages(open.source);
    const { table, sink, url } = found;
    const database = await connect(parseAddress(url, io.env), open.jobs + 3, stop.now);
    const close = async () => {
      await database[Symbol.asyncDispose]();
      await open[Symbol.asyncDispose]();
    };
    const target = tableTarget({
      table: options.dryRun ? table : await made(table, database, stop.now),
      sink,
      database,
      method: options.method,
      verify: options.verify ?? DEFAULT_PROOF,
      sinceUs: options.since,
      untilUs: options.until,
      maxLockMs: options.maxLock,
    });
    return { open, target, [Symbol.asyncDispose]: close };
  } catch (error) {
    await open[Symbol.asyncDispose]();
    throw error;
  }
}

/** What a replay understands and a backfill does not have. */
function asReplay(call: Call) {
  return {
    ...call,
    options: { ...call.options, limit: undefined, resend: false, batch: undefined, partitionsWithin: undefined },
  };
}

/** Rows that would go to the DEFAULT partition get one of their own. */
function intoPartitions(plan: TablePlan): TablePlan {
  const { encoder } = plan;
  if (encoder.routing === undefined) return plan;
  return { ...plan, encoder: { ...encoder, routing: { ...encoder.routing, hasDefault: false } } };
}

async function made(plan: TablePlan, database: Database, signal: AbortSignal): Promise<TablePlan> {
  if (plan.table.oid !== undefined) return plan;
  return { ...plan, table: await database.use((connection) => makeTable(connection, plan.table), signal) };
}

function withPeriod(url: string, period: string | undefined): string {
  if (period === undefined) return url;
  const address = new URL(url);
  address.searchParams.set('partition-by', period);
  return address.href;
}
