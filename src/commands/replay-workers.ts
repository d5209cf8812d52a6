import { CannotEvaluateError, IncompleteError } from '../errors.js';
import type { ReplayOutcome } from '../flow/replay.js';
import { sizeOf } from '../flow/state/quarantine-tail.js';
import { type StoredRun, savePosition } from '../flow/state/run-record.js';
import { gatherInto } from '../replay/gather.js';
import { openWatched, type WatchedReplay } from '../replay/hand-out.js';
import { type Orders, openOrders } from '../replay/orders.js';
import { sumOf } from '../replay/sum.js';
import { summed } from '../replay/warnings.js';
import type { Progress } from '../report/progress.js';
import type { ReplayReport } from '../report/report.js';
import type { DoneStretch, PartFailure, SlicePart } from '../sources/source.js';
import { askOf } from '../work/tables.js';
import { handOut, watch } from '../work/watch.js';
import type { Invocation } from './command.js';
import type { ReplayCommandOptions } from './replay.js';
import type { OpenReplay } from './replay-open.js';
import { refuseForWorkers } from './replay-refused.js';
import { reportOf } from './replay-report.js';
import { tellStart } from './replay-run.js';
import { beginRun, giveUp, holdAlone, type OpenShared, openShared } from './replay-shared.js';
import { openQueue, queueError, tradesOfWatchers, type WorkQueue } from './work-queue.js';

type Call = Invocation<ReplayCommandOptions>;

/**
 * Hands a replay out to workers, watches them and makes its report.
 * @throws RespoolError with what the user does next.
 */
export async function runOverQueue(call: Call, progress: Progress): Promise<ReplayReport> {
  const { options, io, stop } = call;
  refuseForWorkers(options);
  await using queue = await openQueue(options.queue ?? '', { io, stop, sessions: 4 });
  try {
    const orders = await openOrders(queue.database, stop.now);
    await using open = await openShared(call, orders);
    tellStart(open, progress);
    return await holdAlone(queue.database, { key: open.key, signal: stop.now }, () =>
      handOutAndWatch(call, { queue, orders, open, progress }),
    );
  } catch (error) {
    throw queueError(error, queue);
  }
}

interface Circumstances {
  readonly queue: WorkQueue;
  readonly orders: Orders;
  readonly open: OpenShared;
  readonly progress: Progress;
}

async function handOutAndWatch(call: Call, circumstances: Circumstances): Promise<ReplayReport> {
  const { options, stop } = call;
  const { queue, orders, open, progress } = circumstances;
  const startedMs = performance.now();
  const elapsedMs = () => performance.now() - startedMs;
  if (options.fresh) await giveUp(call, { queue, orders, key: open.key });
  else await requireStill(orders, open);
  const run = open.resumed ?? (await beginRun(call, open, orders));
  const watched: WatchedReplay = await openWatched({
    run: run.record.id,
    database: queue.database,
    signal: stop.now,
    tell: progress.note,
    onLook: () => show(progress, { open, watched, elapsedMs: elapsedMs() }),
  });
  const trades = await tradesOfWatchers(queue.database, stop.now);
  const hands = { jobs: queue.jobs, desk: queue.desk, trades, tell: progress.note };
  await handOut(hands, watched);
  if (!options.detach) await watch(hands, watched, stop.finish);
  await watched.refresh();
  await gatherInto(askOf(queue.database, stop.now), run, watched);
  const slices = standing(watched);
  const outcome = outcomeOf(call, { open, watched });
  const begun = open.resumed === undefined ? { ...run, position: undefined } : run;
  const report = await reportOf(call, {
    open,
    run: begun,
    outcome,
    elapsedMs: elapsedMs(),
    slices,
    found: warningsOf(watched),
  });
  if (slices.done === slices.slices) await finish(run, outcome, orders);
  return report;
}

/** Until a process is alone with a run, another one may have ended it, or begun one. @throws IncompleteError `run_watched`. */
async function requireStill(orders: Orders, { key, resumed }: OpenShared): Promise<void> {
  const order = await orders.find(key);
  if (order?.record.id === resumed?.record.id) return;
  throw new IncompleteError('another process has handed this replay out meanwhile, or has brought it to its end', {
    code: 'run_watched',
    hint: 'run the same command again',
  });
}

/** Everything has been written down here: nothing of the run is needed in the database any more. */
async function finish(run: StoredRun, { accounts }: ReplayOutcome, orders: Orders): Promise<void> {
  await orders.end(run.record.id, 'finished');
  const quarantineBytes = await sizeOf(run.record.quarantine);
  const rest = { done: [], accounts, quarantineBytes, resumed: run.position?.resumed ?? 0, elapsedMs: 0 };
  await savePosition(run.folder, { state: 'finished', ...rest });
}

function standing({ slices, progress }: WatchedReplay) {
  const count = (state: string) => [...progress.values()].filter((each) => each.state === state).length;
  return { slices: slices.length, done: count('done'), failed: count('failed') };
}

const MOST_WARNINGS = 20;

/** What the sinks of workers have found out, each once. */
function warningsOf({ progress }: WatchedReplay): readonly string[] {
  return summed([...progress.values()].flatMap(({ warnings }) => warnings)).slice(0, MOST_WARNINGS);
}

interface Watching {
  readonly open: OpenReplay;
  readonly watched: WatchedReplay;
}

function outcomeOf({ stop, options }: Call, { open, watched }: Watching): ReplayOutcome {
  const isStopped = stop.finish.aborted && !options.detach;
  return {
    accounts: sumOf({ ...watched, sinkLabels: open.sinks.map(({ label }) => label) }),
    stoppedBy: isStopped ? { code: 'interrupted', message: 'stopped by the user; the workers go on' } : undefined,
    failures: failuresOf({ open, watched }),
    deadSinks: [],
    storedBytes: storedBytes(watched),
  };
}

function failuresOf({ open, watched }: Watching): readonly PartFailure[] {
  const partOf = new Map(open.source.parts.map(({ label }, at) => [label, at]));
  return [...watched.progress.values()].flatMap(({ slice, state, error }) => {
    if (state !== 'failed' || error === undefined) return [];
    const part = partOf.get(watched.slices[slice]?.parts[0]?.label ?? '') ?? 0;
    const told = new CannotEvaluateError(error.message, { code: error.code, hint: error.hint });
    return [{ kind: 'failure', part, error: told }];
  });
}

function storedBytes({ slices, progress }: WatchedReplay): number {
  return slices.reduce((sum, { parts }, at) => {
    const { state, position } = progress.get(at) ?? {};
    const done = position?.done ?? [];
    return (
      sum + parts.reduce((all, part, index) => all + (state === 'done' ? bytesOf(part) : read(part, index, done)), 0)
    );
  }, 0);
}

/** What has been read of a part that is cut; of a compressed one nobody can tell. */
function read({ stretch }: SlicePart, index: number, done: readonly DoneStretch[]): number {
  if (stretch === undefined) return 0;
  const within = done.filter(({ part }) => part === index);
  return within.reduce(
    (sum, { from, to }) => sum + Math.max(0, Math.min(to, stretch.to) - Math.max(from, stretch.from)),
    0,
  );
}

/** Of a part that is cut, its stretch; of another one, all of it. */
function bytesOf({ bytes, stretch }: SlicePart): number {
  return stretch === undefined ? bytes : Math.min(stretch.to, bytes) - stretch.from;
}

function show(progress: Progress, { open, watched, elapsedMs }: Watching & { readonly elapsedMs: number }): void {
  const accounts = sumOf({ ...watched, sinkLabels: open.sinks.map(({ label }) => label) });
  progress.update({
    read: accounts.read,
    bytesRead: storedBytes(watched),
    bytesTotal: open.source.parts.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    sinks: accounts.sinks.map((sink, at) => ({
      name: open.sinks[at]?.name ?? sink.label,
      settled: sink.accepted + sink.duplicate + sink.rejected + sink.unknown,
      inFlight: 0,
    })),
    elapsedMs,
  });
}
