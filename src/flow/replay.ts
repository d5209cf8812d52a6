import type { Sink } from '../sinks/sink.js';
import type { PartFailure, Source } from '../sources/source.js';
import type { Accounts } from './accounts.js';
import { type CanaryStep, createCanary } from './canary.js';
import { createCarrier } from './carrier.js';
import { type Lane, openLane } from './lane.js';
import { prepareInOrder } from './prepare/in-order.js';
import type { PreparePool } from './prepare/pool.js';
import { recallIntents } from './recall.js';
import { recounted } from './recount.js';
import { openSettlement, type Settlement } from './settlement.js';
import { type Journal, openFolderJournal } from './state/journal.js';
import type { StoredRun } from './state/run-record.js';
import { createThrottle } from './throttle.js';
import { untilStopped } from './until-stopped.js';
import type { WaitNote } from './wait-note.js';

/** One invocation of a run: everything is open, and the events can flow. */
export interface Replay {
  readonly source: Source;
  readonly sinks: readonly Sink[];
  readonly pool: PreparePool;
  readonly run: StoredRun;
  /** Where in the quarantine this invocation begins to write. */
  readonly quarantineBytes: number;
  /** Where the run writes what must outlive it; default its folder. Closed in the end. */
  readonly journal?: Journal;
  /** Stop behind this many events that pass the filter. */
  readonly limit?: number | undefined;
  /** Events a second. */
  readonly maxRate?: number | undefined;
  /** Holds the events back for other reasons than a rate; resolves when they may go on. */
  readonly gate?: (events: number, signal: AbortSignal) => Promise<void>;
  /** Identical events are told apart by their numbers, which an interrupted run must go on with; the pool has one thread. */
  readonly countsIdentical?: boolean;
  /** Steps at whose ends the run looks back. */
  readonly canary?: readonly CanaryStep[] | undefined;
  /** Says whether so many failures are a systemic one, and in which words. */
  readonly isTooMany: (accounts: Accounts) => string | undefined;
  readonly stop: { readonly finish: AbortSignal; readonly now: AbortSignal };
  /** What the sinks say while they wait, in their order. */
  readonly waitNotes?: readonly WaitNote[];
  /** Receives a way to look at the run while it goes on. */
  readonly onStart?: (look: () => ReplayStatus) => void;
}

/** How a run is doing. */
export interface ReplayStatus {
  readonly accounts: Accounts;
  /** Bytes of the source, as stored, that have been read in this invocation. */
  readonly storedBytes: number;
  readonly lanes: readonly LaneStatus[];
}

/** How one sink is doing. */
interface LaneStatus {
  readonly name: string;
  readonly settled: number;
  readonly inFlight: number;
  readonly waiting?: string;
}

/** How a run ended. */
export interface ReplayOutcome {
  readonly accounts: Accounts;
  /** Why it ended before the source did; undefined when all was read. */
  readonly stoppedBy: StopReason | undefined;
  readonly failures: readonly PartFailure[];
  readonly deadSinks: readonly { readonly sink: Sink; readonly error: Error }[];
  readonly storedBytes: number;
}

export interface StopReason {
  readonly code: 'interrupted' | 'max_rejected' | 'canary' | 'sink_unavailable' | 'limit';
  readonly message: string;
}

/**
 * The one loop: batches come from the source, are prepared, carried into every sink and settled. It ends when the
 * source does, when the user stops it, or when going on makes no sense.
 * @throws IncompleteError when the state cannot be saved: what was settled before stays settled.
 */
export async function replay(job: Replay): Promise<ReplayOutcome> {
  const { source, sinks, run, stop, limit } = job;
  const startedMs = performance.now();
  const earlierMs = run.position?.elapsedMs ?? 0;
  await using journal = job.journal ?? openFolderJournal(run, job.quarantineBytes);
  const { intents } = journal;
  const recall = await recallIntents(intents.left, sinks, stop.now);
  await using settlement = openSettlement({
    run,
    journal,
    source,
    sinkLabels: sinks.map(({ label }) => label),
    gathering: sinks.flatMap(({ label, finish }) => (finish === undefined ? [] : [label])),
    resumed: run.position === undefined ? 0 : run.position.resumed + 1,
    elapsedMs: () => earlierMs + performance.now() - startedMs,
  });
  const lanes = sinks.map((sink, at) => openLane(sink, stop.now, job.waitNotes?.[at]));
  const enough = new AbortController();
  await using carrier = createCarrier({
    ...{ lanes, settlement, recall, done: run.position?.done ?? [] },
    // A queue gives out what is left of it to a new run: nobody takes this one up again.
    intents: source.settles === 'messages' ? undefined : intents,
    // What a queue is told of a batch may have to wait for others.
    release: source.settles === 'messages' ? undefined : job.pool.release,
    // What is being read is not waited for: a queue that is followed may have nothing for long.
    onArrival: (error) => {
      if (error !== undefined || whyStop() !== undefined) enough.abort();
    },
  });
  const throttle = createThrottle(job.maxRate);
  const canary = createCanary(job.canary ?? []);
  const failures: PartFailure[] = [];
  job.onStart?.(() => ({
    accounts: settlement.accounts,
    storedBytes: carrier.storedBytes,
    lanes: lanes.map(statusOf),
  }));

  // The limit is one of the whole run: what earlier invocations have settled counts.
  let taken = passedFilter(settlement.accounts);
  const whyStop = (): StopReason | undefined => {
    if (stop.finish.aborted) return { code: 'interrupted', message: 'stopped by the user' };
    if (lanes.every(({ failure }) => failure !== undefined)) {
      return { code: 'sink_unavailable', message: 'no sink takes events any more' };
    }
    if (limit !== undefined && taken >= limit) return { code: 'limit', message: `--limit ${limit} reached` };
    const tooMany = job.isTooMany(settlement.accounts);
    return tooMany === undefined ? undefined : { code: 'max_rejected', message: tooMany };
  };

  let stoppedBy = whyStop();
  const batches = untilStopped(batchesLeft(job), AbortSignal.any([stop.finish, enough.signal]));
  const room = () => (limit === undefined ? undefined : limit - taken);
  const byKeys = () => keysPreferred(sinks);
  const items = stoppedBy === undefined ? prepareInOrder({ batches, pool: job.pool, room, byKeys }) : [];
  for await (const item of items) {
    if (item.kind === 'failure') failures.push(item);
    else {
      const { events, held } = item.prepared;
      await throttle.wait(events.count, stop.finish);
      await job.gate?.(events.count, stop.finish);
      // What was stopped on its way to the sinks is read again by the next invocation.
      if (stop.finish.aborted) break;
      taken += events.count + held.length + item.raw.undecodable.length;
      await carrier.carry(item);
    }
    if (canary.isDue({ events: taken, share: shareOf(source, taken, carrier.storedBytes) })) {
      await carrier.arrived();
      const message = canary.verdict(settlement.accounts);
      if (message !== undefined) stoppedBy = { code: 'canary', message };
    }
    stoppedBy ??= whyStop();
    if (stoppedBy === undefined) continue;
    enough.abort();
    break;
  }
  await carrier.arrived();
  stoppedBy ??= whyStop();
  const isRead = stoppedBy === undefined || stoppedBy.code === 'limit';
  // Totals over a part of the events would replace those over all of them.
  if (isRead && failures.length === 0) await finish(lanes, settlement);
  const { accounts } = settlement;
  const isFinished = isRead && accounts.sinks.every(isSent);
  await settlement.checkpoint(isFinished ? 'finished' : 'unfinished');
  const deadSinks = lanes.flatMap(({ sink, failure }) => (failure === undefined ? [] : [{ sink, error: failure }]));
  return { accounts, stoppedBy, failures, deadSinks, storedBytes: carrier.storedBytes };
}

async function finish(lanes: readonly Lane[], settlement: Settlement): Promise<void> {
  const hasFinished = await Promise.all(lanes.map((lane) => lane.finish()));
  for (const [at, { sink }] of lanes.entries()) if (hasFinished[at]) settlement.finished(sink.label);
}

/** How much of a source has been taken: of a queue by its messages, of dumps by their bytes. */
function shareOf({ parts, standing }: Source, taken: number, storedBytes: number): number | undefined {
  if (standing?.ready !== undefined) return standing.ready === 0 ? 1 : taken / standing.ready;
  const bytes = parts.reduce((sum, part) => sum + (part.bytes ?? Number.NaN), 0);
  return Number.isNaN(bytes) || bytes === 0 ? undefined : storedBytes / bytes;
}

function batchesLeft({ source, run, pool, stop, countsIdentical }: Replay) {
  const done = run.position?.done ?? [];
  const signal = stop.finish;
  return countsIdentical && done.length > 0 ? recounted({ source, done, pool, signal }) : source.batches(done, signal);
}

function keysPreferred(sinks: readonly Sink[]): readonly boolean[] | undefined {
  const preferred = sinks.map((sink) => sink.prefersKeys?.() === true);
  return preferred.includes(true) ? preferred : undefined;
}

const isSent = ({ unsent }: { readonly unsent: number }) => unsent === 0;

const passedFilter = ({ read, filtered }: Accounts) => read - filtered;

function statusOf({ sink, settled, inFlight, waiting }: Lane): LaneStatus {
  return { name: sink.name, settled, inFlight, ...(waiting !== undefined && { waiting }) };
}
