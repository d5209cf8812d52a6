import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackfillPlan } from '../backfill/plan.js';
import { loadPlan, readPlan, savePlan, writePlan } from '../backfill/plan-file.js';
import { gatherRefused } from '../backfill/refused.js';
import { requireSamePlan } from '../backfill/same-plan.js';
import { sliceSource } from '../backfill/slices/slicing.js';
import { openSpill } from '../backfill/slices/spill.js';
import { openStates, type States } from '../backfill/states.js';
import { UsageError } from '../errors.js';
import { openPreparePool } from '../flow/prepare/pool.js';
import { openQuarantine } from '../flow/quarantine.js';
import { sizeOf, trimQuarantine } from '../flow/state/quarantine-tail.js';
import { startRun } from '../flow/state/resume.js';
import { type StoredRun, savePosition } from '../flow/state/run-record.js';
import { backfillRenderers } from '../report/backfill-renderers.js';
import { parseOutputs, printOutputs } from '../report/output.js';
import type { Progress } from '../report/progress.js';
import type { BackfillOptions } from './backfill.js';
import { giveUpUnfinished } from './backfill-give-up.js';
import { type OpenBackfill, openBackfill } from './backfill-open.js';
import { type BackfillEnding, reportOf } from './backfill-report.js';
import { type Circumstances, work } from './backfill-work.js';
import type { Invocation } from './command.js';
import { gentleOptions, limitsOf } from './gentle-options.js';
import { threadsFor } from './threads.js';
import { withProgress } from './with-progress.js';

type Call = Invocation<BackfillOptions>;

/**
 * Carries out `respool backfill` and resolves to its exit code.
 * @throws RespoolError with what the user does next.
 */
export async function runBackfill(call: Call): Promise<number> {
  const { io, options } = call;
  refuseForWorkers(options);
  const outputs = parseOutputs(options.output, ['table', 'json', 'markdown', 'html']);
  const report = await withProgress(call, (progress) => runAndReport(call, progress));
  await printOutputs({ value: report, outputs, renderers: backfillRenderers }, io);
  return report.exitCode;
}

/** With --queue workers do the work: what holds it back is theirs. */
function refuseForWorkers({ queue, maxRate, ...options }: BackfillOptions): void {
  const given = Object.entries(gentleOptions).filter(([name]) => {
    const value = options[name as keyof typeof gentleOptions]; // its own names
    return value !== undefined && value !== false;
  });
  const flags = given.map(([, { description }]) => description.flag).concat(maxRate === undefined ? [] : '--max-rate');
  if (queue === undefined || flags.length === 0) return;
  throw new UsageError(`${flags.join(' and ')} would have no effect here: with --queue workers do the work`, {
    code: 'gentle_workers',
    hint: `give ${flags.length === 1 ? 'it' : 'them'} to respool worker instead`,
  });
}

async function runAndReport(call: Call, progress: Progress) {
  const startedMs = performance.now();
  await using opened = await openBackfill(call);
  const { options, stop } = call;
  const { open, target } = opened;
  for (const warning of [...open.warnings, ...target.sink.describe().warnings]) progress.note(`warning: ${warning}`);
  const busy = options.dryRun ? undefined : await target.watch(limitsOf(options), stop.now);
  await target.check(stop.now);
  await giveUpUnfinished(call, opened, progress.note);
  const run = open.resumed ?? (await newRun(call, opened));
  if (open.resumed !== undefined) progress.note(`going on with run ${run.record.id}, started ${run.record.startedAt}`);
  const carry = async () => reportOf(call, await planAndCarryOut(call, { opened, run, busy, progress, startedMs }));
  return options.dryRun ? await carry() : await target.hold(run.record.id, carry, stop.now);
}

async function planAndCarryOut(call: Call, circumstances: Circumstances): Promise<BackfillEnding> {
  const { options } = call;
  const { opened, run, progress, startedMs } = circumstances;
  const known = await loadPlan(run.folder);
  const plan = known ?? (await planNow(call, circumstances));
  if (options.plan !== undefined && known === undefined) {
    const approved = await readPlan(options.plan);
    requireSamePlan(approved, plan);
  }
  if (options.planOut !== undefined) await writePlan(options.planOut, plan);
  using states = openStates(run.folder);
  const ending = { opened, run, plan, states, startedMs };
  if (options.dryRun) {
    await rm(run.folder, { recursive: true, force: true });
    return { ...ending, outcome: { stoppedBy: undefined, error: undefined } };
  }
  if (known === undefined) await savePlan(run.folder, plan);
  const outcome = await work(call, { ...circumstances, plan, states });
  await gatherRefused(run.folder, run.record.quarantine, plan.quarantineBytes);
  await saveEnd(plan, states, run, performance.now() - startedMs);
  progress.stop();
  return { ...ending, outcome };
}

/** Reads the source into slices and plans what to do with them. */
async function planNow(call: Call, { opened, run, progress }: Circumstances): Promise<BackfillPlan> {
  const { options, stop } = call;
  const { open, target } = opened;
  const slices = join(run.folder, 'slices');
  const cut = await target.openCut(slices, stop.now);
  await using pool = await openPreparePool(open.spec, threadsFor(open, options));
  const start = await trimQuarantine(run);
  await using quarantine = openQuarantine(run.record.quarantine, run.record.id, start);
  await using spill = await openSpill(slices);
  const sizes = open.source.parts.map(({ bytes }) => bytes ?? 0);
  const bytesTotal = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const { accounts, failures } = await sliceSource({
    source: open.source,
    pool,
    cut,
    sinkLabel: target.sink.label,
    spill,
    quarantine,
    signal: stop.finish,
    onProgress: ({ read }, storedBytes) =>
      progress.update({ read, bytesRead: storedBytes, bytesTotal, sinks: [], elapsedMs: 0 }),
  });
  const plan = await cut.plan({
    run: run.record.id,
    accounts,
    failures,
    parts: open.source.parts,
    hashes: {
      ...Object.fromEntries(run.record.parts.map(({ label, fingerprint }) => [label, fingerprint ?? 'unknown'])),
      ...run.record.conditions,
    },
    sinceUs: options.since,
    untilUs: options.until,
    warnings: open.warnings,
  });
  // What is added to a plan of either kind leaves it of that kind.
  return { ...plan, quarantineBytes: await sizeOf(run.record.quarantine) } as BackfillPlan;
}

function newRun({ options }: Call, { open, target }: OpenBackfill): Promise<StoredRun> {
  return startRun(open.identity, {
    fields: open.fields,
    now: new Date(),
    quarantine: options.quarantine,
    sinkLabels: [target.sink.label],
  });
}

async function saveEnd(plan: BackfillPlan, states: States, run: StoredRun, elapsedMs: number): Promise<void> {
  const isDone = plan.partitions.every(({ index }) => states.of(index).state === 'done');
  await savePosition(run.folder, {
    state: isDone ? 'finished' : 'unfinished',
    done: [],
    accounts: plan.accounts,
    quarantineBytes: await sizeOf(run.record.quarantine),
    resumed: run.position === undefined ? 0 : run.position.resumed + 1,
    elapsedMs: Math.round(elapsedMs),
  });
}
