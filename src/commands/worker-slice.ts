import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGate } from '../backfill/gate.js';
import { openLoadWatch } from '../backfill/target-load.js';
import { CannotEvaluateError, IncompleteError, UsageError } from '../errors.js';
import { parseSplitPointer } from '../event/locate.js';
import { emptyAccounts } from '../flow/accounts.js';
import { openPreparePool, type PreparePool } from '../flow/prepare/pool.js';
import { type ReplayOutcome, replay } from '../flow/replay.js';
import type { StoredRun } from '../flow/state/run-record.js';
import { parseAddress } from '../postgres/address.js';
import { connect } from '../postgres/server.js';
import type { SliceEnd, SliceWork } from '../replay/trade.js';
import { sinceAskedLast } from '../replay/warnings.js';
import { openSink } from '../sinks/open.js';
import type { Sink } from '../sinks/sink.js';
import { openSlice } from '../sources/open.js';
import { outsideOf } from '../sources/outside-slice.js';
import type { Invocation } from './command.js';
import { limitsOf } from './gentle-options.js';
import { createKept, type Kept } from './kept.js';
import { openRepair } from './repair-option.js';
import { guardSinks } from './replay-ledger.js';
import type { ReplayOptions } from './replay-options.js';
import { type OrderedReplay, wordFor } from './replay-order.js';
import { openSinks, type SinkAddress, sinkAddresses, sinkContext } from './replay-sinks.js';
import { sourceContext } from './replay-sources.js';
import { specOf } from './replay-spec.js';
import { openCatalog } from './schema-option.js';
import { threadsFor } from './threads.js';
import { endSessions, isPostgres, nameOfSessions, withSessionName } from './work-sessions.js';
import type { WorkerOptions } from './worker.js';

type Call = Invocation<WorkerOptions> & {
  readonly tell: (note: string) => void;
  /** Opened once for all slices of a run that follow one another. */
  readonly deliveries: Kept<Delivery>;
};
type ReplayCall = Invocation<ReplayOptions>;

/** Connections with each sink, and threads that prepare, for each slice in work. */
const JOBS = 2;

/**
 * Delivers what is left of one slice of a replay.
 * @throws RespoolError when this worker cannot do it; TakenOverError when another one has it by now.
 */
export async function deliverSlice(call: Call, work: SliceWork): Promise<SliceEnd> {
  const { order, taken, journal } = work;
  await using folder = await scratchFolder();
  const own = ownCall(call, { ordered: order.work as OrderedReplay, stateDir: folder.path }); // the command wrote it
  const key = JSON.stringify([order.record.id, own.options.to]);
  await using delivery = await call.deliveries.take(key, () => openDelivery(own, order));
  const { catalog, repair, split, sinks, pools, sessions } = delivery.it;
  const left = await work.nameSessions(sessions);
  const urls = sinkAddresses(own).map(({ url }) => url);
  // What those had begun would keep this one from the same rows for as long as they stand still.
  if (left !== undefined) await endSessions(urls, left, call);
  await using source = await openSlice(taken.what, await sourceContext(own, catalog));
  const run = runOf(work, sinks);
  await using guarded = await guardSinks(own, sinks, { ...run, record: { ...run.record, id: nameOf(work) } });
  const { fields } = order.record;
  const spec = specOf(own, { source, fields, catalog, repair, split, sinks });
  const threads = threadsFor({ source, jobs: jobsOf(own) }, own.options);
  await using pool = await pools.take(JSON.stringify([threads, spec.decoder]), () => openPreparePool(spec, threads));
  await using gate = await openGentleGate(call, sinkAddresses(own));
  const outcome = await replay({
    ...{ source, sinks: guarded.sinks, pool: pool.it, run, journal },
    quarantineBytes: taken.position?.quarantineBytes ?? 0,
    isTooMany: () => undefined,
    gate: gate.pass,
    stop: call.stop,
  });
  const end = endOf(outcome, sinks);
  if (end.isDone) pool.keep();
  // What a sink has gathered for its end belongs to one slice.
  if (end.isDone && sinks.every(({ finish }) => finish === undefined)) delivery.keep();
  return { ...end, warnings: delivery.it.found() };
}

/** Under this name the ledger knows who sends. */
function nameOf({ taken: { run, slice } }: SliceWork): string {
  return `${run}/${slice}`;
}

/** The call of a replay that does what the order says, with the places and secrets of this worker. */
function ownCall(
  call: Call,
  { ordered, stateDir }: { readonly ordered: OrderedReplay; readonly stateDir: string },
): ReplayCall {
  const { config, options } = call;
  const to = ordered.sinks.map((sink) => wordFor(sink, { own: options.to, config, flag: '--to' }));
  const ledgers = options.ledger === undefined ? [] : [options.ledger];
  const ledger = ordered.ledger && wordFor(ordered.ledger, { own: ledgers, config, flag: '--ledger' });
  const own = {
    ...{ to, stateDir, ledger: ledger ?? options.queue, config: options.config, output: [], yes: true, fresh: false },
    ...{ quiet: options.quiet, verbose: options.verbose, noColor: options.noColor, quarantine: undefined },
    ...{ maxRate: undefined, minEvents: undefined, dryRun: false, maxRejected: undefined, canary: undefined },
    limit: undefined,
  };
  return { ...call, args: [], options: { ...ordered.options, ...own } };
}

/** What all slices of a run have in common. */
export interface Delivery extends AsyncDisposable {
  readonly catalog: Awaited<ReturnType<typeof openCatalog>>;
  readonly repair: Awaited<ReturnType<typeof openRepair>>;
  readonly split: ReturnType<typeof parseSplitPointer> | undefined;
  readonly sinks: readonly Sink[];
  /** What the sinks have found out since this was asked last, in sentences. */
  found(): readonly string[];
  /** How its sessions with Postgres are called. */
  readonly sessions: string;
  /** Threads whose encoders know of these sinks what was so when they were opened. */
  readonly pools: Kept<PreparePool>;
}

/** Opens what the order says, and makes sure that it is what the command saw. */
async function openDelivery(call: ReplayCall, { record, work }: SliceWork['order']): Promise<Delivery> {
  const { options } = call;
  const { conditions, fields, source } = record;
  const ordered = work as OrderedReplay; // the command wrote it
  const closing: AsyncDisposable[] = [];
  const close = async () => {
    for (const each of closing.toReversed()) await each[Symbol.asyncDispose]();
  };
  try {
    const catalog = await openCatalog(options);
    const repair = await openRepair(options.repair);
    requireSame('the schema', conditions['the schema'], catalog?.fingerprint);
    requireSame('the repairs', conditions['the repairs (--repair)'], repair?.fingerprint);
    const split = options.split === undefined ? undefined : parseSplitPointer(options.split);
    const members = ordered.members && new Set(ordered.members);
    const addresses = sinkAddresses(call);
    const told = sinkContext(call, { fields, members, jobs: jobsOf(call), onWait: undefined });
    const sessions = nameOfSessions();
    const sinks = await openSinks(addresses, closing, (url) =>
      openSink(withSessionName(url, sessions), { ...told, source }),
    );
    for (const [at, sink] of ordered.sinks.entries()) {
      const label = sinks[at]?.label;
      // A sink that cannot be reached is known by its address alone, and says nothing of where it is.
      if (sink.opened !== sink.label && label !== addresses[at]?.label) requireSame('a sink', sink.opened, label);
    }
    const pools = createKept<PreparePool>();
    closing.push(pools);
    const found = sinceAskedLast(() => sinks.flatMap((sink) => sink.describe().warnings));
    return { catalog, repair, split, sinks, found, sessions, pools, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function jobsOf({ options }: ReplayCall): number {
  return options.jobs ?? JOBS;
}

function requireSame(what: string, ordered = '', here = ''): void {
  if (ordered === here) return;
  const seen = what === 'a sink' ? `: the run goes to ${ordered}, and here it is ${here}` : '';
  throw new UsageError(`${what} is not the same on this worker as where the run was handed out${seen}`, {
    code: 'changed_since',
    hint: 'let every worker see the same files under the same paths, and give it the same sinks',
  });
}

/** The run as far as this slice goes: all of its parts that lies outside is done. */
function runOf({ order, taken }: SliceWork, sinks: readonly Sink[]): StoredRun {
  const labels = sinks.map(({ label }) => label);
  const fresh = { formatVersion: 1, state: 'unfinished', quarantineBytes: 0, resumed: 0, elapsedMs: 0 } as const;
  const position = taken.position ?? { ...fresh, done: outsideOf(taken.what), accounts: emptyAccounts(labels) };
  return { folder: '', record: order.record, position };
}

/** Holds events back while a Postgres target is busy, and to the rate of this worker. */
async function openGentleGate({ options, io, stop, tell }: Call, addresses: readonly SinkAddress[]) {
  const target = addresses.find(({ url }) => isPostgres(url));
  const limits = limitsOf(options);
  const isGentle = Object.values(limits).some((limit) => limit !== undefined && limit !== false);
  const database = target && isGentle ? await connect(parseAddress(target.url, io.env), 1, stop.now) : undefined;
  const busy = database && (await openLoadWatch(database, limits, stop.now));
  const gate = openGate({ maxRate: options.maxRate, busy, tell });
  return {
    pass: (events: number, signal: AbortSignal) => gate.pass(events, signal).catch(() => signal.throwIfAborted()),
    async [Symbol.asyncDispose]() {
      gate[Symbol.dispose]();
      await database?.[Symbol.asyncDispose]();
    },
  };
}

/** How the slice stands after what a replay of it came to. */
function endOf({ accounts, stoppedBy, failures, deadSinks }: ReplayOutcome, sinks: readonly Sink[]): SliceEnd {
  const [dead] = deadSinks;
  if (dead !== undefined) return deadEnd(dead.error);
  const [failure] = failures;
  if (failure !== undefined) throw failure.error;
  if (stoppedBy !== undefined) return { isDone: false };
  const unsent = accounts.sinks.find((sink) => sink.unsent > 0);
  if (unsent === undefined) return { isDone: true };
  const name = sinks.find(({ label }) => label === unsent.label)?.name ?? unsent.label;
  const message = `${name}: ${unsent.unsent} events are being sent by another worker, or have to wait`;
  return {
    isDone: false,
    trouble: new IncompleteError(message, { code: 'events_held', hint: 'they are tried again' }),
  };
}

function deadEnd(error: Error): SliceEnd {
  const { message } = error;
  if ('cure' in error && error.cure === 'mend') {
    throw new CannotEvaluateError(message, {
      code: 'sink_refused',
      hint: 'mend that, then run the same command again',
    });
  }
  const hint = 'it is tried again until it is back';
  return { isDone: false, trouble: new IncompleteError(message, { code: 'events_held', hint }) };
}

async function scratchFolder() {
  const path = await mkdtemp(join(tmpdir(), 'respool-slice-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
