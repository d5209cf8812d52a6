import { join, resolve } from 'node:path';
import { carryOut } from '../backfill/carry-out.js';
import type { Undertaking } from '../backfill/context.js';
import { openGate } from '../backfill/gate.js';
import { keepPace, pacedBy } from '../backfill/pace.js';
import type { BackfillPlan, PlannedUnit } from '../backfill/plan.js';
import { handOutPartitions } from '../backfill/queue/hand-out.js';
import { requireOwn } from '../backfill/queue/handed-out.js';
import type { States } from '../backfill/states.js';
import type { Busy } from '../backfill/target-load.js';
import type { StoredRun } from '../flow/state/run-record.js';
import type { Progress } from '../report/progress.js';
import type { BackfillOptions } from './backfill.js';
import type { OpenBackfill } from './backfill-open.js';
import type { Invocation } from './command.js';
import { openQueue, queueError, tradesOfWatchers } from './work-queue.js';

type Call = Invocation<BackfillOptions>;

/** What a backfill is about, once everything is open. */
export interface Circumstances {
  readonly opened: OpenBackfill;
  readonly run: StoredRun;
  /** Says why the target needs a rest. */
  readonly busy: (() => Promise<Busy>) | undefined;
  readonly progress: Progress;
  readonly startedMs: number;
}

/** Fills the partitions of a plan here, or watches workers fill them. */
export async function work(
  call: Call,
  {
    opened,
    run,
    plan,
    states,
    busy,
    progress,
  }: Circumstances & { readonly plan: BackfillPlan; readonly states: States },
) {
  const { options, stop } = call;
  const { open, target } = opened;
  if (options.queue === undefined) await requireOwn(run.folder, plan.run);
  using gate = openGate({
    folder: run.folder,
    maxRate: options.maxRate,
    busy,
    tell: progress.note,
  });
  const units: readonly PlannedUnit[] = plan.partitions;
  const unfilled = units.filter(({ index, rows }) => rows > 0 && states.of(index).state !== 'done');
  for (const { index, rows } of plan.partitions) {
    if (rows === 0 && states.of(index).state === 'planned') await states.set(index, { state: 'done', verified: true });
  }
  const job: Undertaking = {
    states,
    slices: join(run.folder, 'slices'),
    folder: run.folder,
    parts: open.source.parts,
    gate,
    signal: stop.now,
    finish: stop.finish,
    tell: progress.note,
  };
  const hands = await target.openHands(job, plan);
  let shown = 0;
  const waiting = () => gate.reason ?? open.waitNotes[0]?.text(target.sink.label);
  const pace = pacedBy({ ...job, waiting }, unfilled, () => (options.queue === undefined ? gate.passed : shown));
  const { total } = pace;
  using _pace = keepPace(pace);
  const show = (passed: number) => {
    shown = passed;
  };
  const timer = setInterval(() => {
    if (options.queue === undefined) show(gate.passed);
    progress.update({
      read: Math.round(shown),
      bytesRead: shown,
      bytesTotal: total,
      isSizedByEvents: true,
      sinks: [
        {
          name: target.sink.name,
          settled: shown,
          inFlight: 0,
          ...waitingFor(waiting()),
        },
      ],
      elapsedMs: 0,
    });
  }, 500);
  try {
    if (options.queue !== undefined)
      return await overQueue(call, options.queue, { job, plan, unfilled, onPassed: show });
    return await carryOut(job, hands, unfilled, open.jobs);
  } finally {
    clearInterval(timer);
  }
}

const waitingFor = (waiting: string | undefined) => (waiting === undefined ? {} : { waiting });

/** Hands the partitions out to workers, and watches them. */
async function overQueue(
  { options, io, stop }: Call,
  url: string,
  {
    job,
    plan,
    unfilled,
    onPassed,
  }: {
    readonly job: Undertaking;
    readonly plan: BackfillPlan;
    readonly unfilled: readonly PlannedUnit[];
    readonly onPassed: (events: number) => void;
  },
) {
  await using queue = await openQueue(url, { io, stop, sessions: 2 });
  const { database, jobs, desk } = queue;
  const handedOut = async () =>
    handOutPartitions(
      { jobs, desk, trades: await tradesOfWatchers(database, stop.now), tell: job.tell },
      {
        run: plan.run,
        folder: resolve(io.cwd, job.folder),
        database,
        states: job.states,
        partitions: unfilled,
        isDetached: options.detach,
        signal: stop.now,
        finish: stop.finish,
        onPassed,
      },
    );
  return await handedOut().catch((error: unknown) => {
    throw queueError(error, queue);
  });
}
