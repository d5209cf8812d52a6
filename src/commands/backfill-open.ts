import { readPartman } from '../backfill/partman.js';
import { UsageError } from '../errors.js';
import { parseAddress } from '../postgres/address.js';
import type { Connection, Database } from '../postgres/connection.js';
import { connect } from '../postgres/server.js';
import { makeTable } from '../sinks/postgres/new-table.js';
import type { TablePlan } from '../sinks/postgres/plan.js';
import { openPostgresTable } from '../sinks/postgres/postgres.js';
import type { Sink } from '../sinks/sink.js';
import type { BackfillOptions } from './backfill.js';
import type { Invocation } from './command.js';
import { type Opening, type OpenReplay, openReplay } from './replay-open.js';

type Call = Invocation<BackfillOptions>;

/** Everything that a backfill needs. */
export interface OpenBackfill extends AsyncDisposable {
  readonly open: OpenReplay;
  readonly sink: Sink;
  readonly table: TablePlan;
  /** Sessions of the backfill itself. */
  readonly database: Database;
}

/**
 * Opens source, schema and the target's table as a replay would, and sessions beside those of the sink.
 * @throws UsageError, CannotEvaluateError or IncompleteError with what the user does next.
 */
export async function openBackfill(call: Call): Promise<OpenBackfill> {
  const { options } = call;
  let target: { readonly table: TablePlan; readonly sink: Sink; readonly url: string } | undefined;
  const opening: Opening = {
    command: 'backfill',
    conditions: { '--method': options.method },
    openSink: async (url, context) => {
      requirePostgres(url);
      const opened = await openPostgresTable(withPeriod(url, options.partitionBy), context);
      const find = (connection: Connection) => readPartman(connection, opened.plan);
      const partman = await opened.database.use(find, context.signal);
      const table =
        options.method === 'swap' || typeof partman === 'object' ? intoPartitions(opened.plan) : opened.plan;
      const { encoder } = opened.sink;
      const sink =
        encoder === undefined ? opened.sink : { ...opened.sink, encoder: { ...encoder, options: table.encoder } };
      target = { table, sink, url };
      return sink;
    },
  };
  requireOneSink(call);
  const open = await openReplay(asReplay(call), opening);
  try {
    if (target === undefined) throw new Error('the sink was opened');
    refuseMessages(open);
    const { table, sink, url } = target;
    const database = await connect(parseAddress(url, call.io.env), open.jobs + 3, call.stop.now);
    const close = async () => {
      await database[Symbol.asyncDispose]();
      await open[Symbol.asyncDispose]();
    };
    const ready = options.dryRun ? table : await made(table, database, call.stop.now);
    return { open, sink, table: ready, database, [Symbol.asyncDispose]: close };
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

/** Messages of a queue would have to be held until the last partition is done. */
function refuseMessages({ source }: OpenReplay): void {
  if (source.settles !== 'messages') return;
  throw new UsageError(`${source.label} is a queue, and a backfill reads dumps and tables`, {
    code: 'backfill_source',
    hint: 'take a snapshot of it with respool replay --snapshot first, and backfill from that',
  });
}

function requirePostgres(url: string): void {
  if (/^postgres(?:ql)?:/i.test(url)) return;
  throw new UsageError('a backfill needs a Postgres table for its target', {
    code: 'backfill_target',
    hint: 'write --to "postgres://user@host:5432/database?table=events"; for other sinks use respool replay --since --until',
  });
}

function requireOneSink({ options }: Call): void {
  if (options.to.length === 1) return;
  throw new UsageError('a backfill has exactly one target', {
    code: 'backfill_target',
    hint: 'write one --to "postgres://user@host:5432/database?table=events"',
  });
}
