import { openPreparePool } from '../flow/prepare/pool.js';
import { type ReplayStatus, replay } from '../flow/replay.js';
import { trimQuarantine } from '../flow/state/quarantine-tail.js';
import { startRun } from '../flow/state/resume.js';
import { parseOutputs, printOutputs } from '../report/output.js';
import type { Progress } from '../report/progress.js';
import { replayRenderers } from '../report/replay-renderers.js';
import type { Invocation } from './command.js';
import type { ReplayCommandOptions } from './replay.js';
import { guardSinks } from './replay-ledger.js';
import { type OpenReplay, openReplay } from './replay-open.js';
import { runPlan } from './replay-plan.js';
import { reportOf } from './replay-report.js';
import { threadsFor } from './threads.js';
import { tooManyRejected } from './too-many-rejected.js';
import { withProgress } from './with-progress.js';

type Call = Invocation<ReplayCommandOptions>;

const PROGRESS_EVERY_MS = 200;
const STOPPED_EARLY = 'Stopped: nothing was read, and nothing is changed.';

/**
 * Carries out `respool replay` and resolves to its exit code.
 * @throws RespoolError with what the user does next.
 */
export async function runReplay(call: Call): Promise<number> {
  const { options } = call;
  const outputs = parseOutputs(options.output, ['table', 'json', 'markdown']);
  if (options.dryRun) return withProgress(call, (progress) => runPlan(call, progress), STOPPED_EARLY);
  const run = options.queue === undefined ? runAndReport : (await import('./replay-workers.js')).runOverQueue;
  const report = await withProgress(call, (progress) => run(call, progress), STOPPED_EARLY);
  await printOutputs({ value: report, outputs, renderers: replayRenderers }, call.io);
  return report.exitCode;
}

async function runAndReport(call: Call, progress: Progress) {
  const { options } = call;
  const startedMs = performance.now();
  await using open = await openReplay(call);
  tellStart(open, progress);
  const run = open.resumed ?? (await newRun(call, open));
  await using guarded = await guardSinks(call, open.sinks, run);
  await using pool = await openPreparePool(open.spec, threadsFor(open, options));
  const watch = watchProgress(open, progress, startedMs);
  try {
    const outcome = await replay({
      source: open.source,
      sinks: guarded.sinks,
      pool,
      run,
      quarantineBytes: await trimQuarantine(run),
      limit: options.limit,
      canary: options.canary,
      maxRate: options.maxRate,
      countsIdentical: options.identical === 'keep',
      isTooMany: (accounts) => tooManyRejected(options.maxRejected, accounts),
      stop: call.stop,
      waitNotes: open.waitNotes,
      onStart: watch.start,
    });
    return await reportOf(call, { open, run, outcome, elapsedMs: performance.now() - startedMs });
  } finally {
    watch.stop();
  }
}

function newRun({ options }: Call, { identity, fields, sinks }: OpenReplay) {
  return startRun(identity, {
    fields,
    now: new Date(),
    quarantine: options.quarantine,
    sinkLabels: sinks.map(({ label }) => label),
  });
}

/** Says what a run begins with. */
export function tellStart({ source, sinks, fieldNotes, warnings, resumed }: OpenReplay, progress: Progress): void {
  for (const warning of [...warnings, ...sinks.flatMap((sink) => sink.describe().warnings)]) {
    progress.note(`warning: ${warning}`);
  }
  if (resumed !== undefined)
    progress.note(`going on with run ${resumed.record.id}, started ${resumed.record.startedAt}`);
  for (const note of [`source: ${source.label}`, ...(source.notes ?? []), ...fieldNotes]) progress.detail(note);
  for (const note of sinks.flatMap((sink) => sink.describe().notes)) progress.detail(note);
}

function watchProgress({ source }: OpenReplay, progress: Progress, startedMs: number) {
  const sizes = source.parts.map(({ bytes }) => bytes);
  const bytesTotal = sizes.reduce<number | undefined>(
    (sum, bytes) => (sum === undefined || bytes === undefined ? undefined : sum + bytes),
    0,
  );
  let timer: NodeJS.Timeout | undefined;
  return {
    start(look: () => ReplayStatus) {
      const show = () => {
        const { accounts, storedBytes, lanes } = look();
        progress.update({
          read: accounts.read,
          bytesRead: storedBytes,
          ...(bytesTotal !== undefined && { bytesTotal }),
          sinks: lanes,
          elapsedMs: performance.now() - startedMs,
        });
      };
      timer = setInterval(show, PROGRESS_EVERY_MS);
    },
    stop: () => clearInterval(timer),
  };
}
