import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { claimRange } from '../backfill/holders.js';
import type { BackfillPlan } from '../backfill/plan.js';
import { loadPlan, readPlan, savePlan, writePlan } from '../backfill/plan-file.js';
import { makePlan, requireSamePlan } from '../backfill/planning.js';
import { gatherRefused } from '../backfill/refused.js';
import { sliceSource } from '../backfill/slices/slicing.js';
import { openSpill } from '../backfill/slices/spill.js';
import { openStates, type States } from '../backfill/states.js';
import { requireSwappable } from '../backfill/swap/refusals.js';
import { currentSnapshot, reading } from '../backfill/target.js';
import { openLoadWatch } from '../backfill/target-load.js';
import { UsageError } from '../errors.js';
import { openPreparePool } from '../flow/prepare/pool.js';
import { openQuarantine } from '../flow/quarantine.js';
import { sizeOf, trimQuarantine } from '../flow/state/quarantine-tail.js';
import { startRun } from '../flow/state/resume.js';
import { type StoredRun, savePosition } from '../flow/state/run-record.js';
import { connectError } from '../postgres/server.js';
import { kindOf } from '../postgres/sql-error.js';
import { backfillRenderers } from '../report/backfill-renderers.js';
import { parseOutputs, printOutputs } from '../report/output.js';
import type { Progress } from '../report/progress.js';
import type { BackfillOptions } from './backfill.js';
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
  const { open, database, table } = opened;
  const { since: sinceUs, until: untilUs } = options;
  for (const warning of [...open.warnings, ...opened.sink.describe().warnings]) progress.note(`warning: ${warning}`);
  const busy = options.dryRun ? undefined : await openLoadWatch(database, limitsOf(options), stop.now);
  if (options.method === 'swap') {
    await reading(database, (connection) => requireSwappable(connection, table, { sinceUs, untilUs }), stop.now);
  }
  const run = open.resumed ?? (await newRun(call, opened));
  if (open.resumed !== undefined) progress.note(`going on with run ${run.record.id}, started ${run.record.startedAt}`);
  const claim = {
    tableOid: table.table.oid ?? '0',
    run: run.record.id,
    fromS: (sinceUs ?? Number.NEGATIVE_INFINITY) / 1e6,
    toS: (untilUs ?? Number.POSITIVE_INFINITY) / 1e6,
  };
  return await database.use(async (session) => {
    if (!options.dryRun) await claimRange(session, claim);
    const ending = await planAndCarryOut(call, { opened, run, busy, progress, startedMs });
    return reportOf(call, ending);
  }, stop.now);
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
  const { open, sink, table, database } = opened;
  const slices = join(run.folder, 'slices');
  const snapshot = await reading(database, currentSnapshot, stop.now);
  await using pool = await openPreparePool(open.spec, threadsFor(open, options));
  const start = await trimQuarantine(run);
  await using quarantine = openQuarantine(run.record.quarantine, run.record.id, start);
  const sizes = open.source.parts.map(({ bytes }) => bytes ?? 0);
  const bytesTotal = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const sliced = await sliceSource({
    source: open.source,
    pool,
    table,
    sinkLabel: sink.label,
    spill: await openSpill(slices),
    quarantine,
    signal: stop.finish,
    onProgress: (accounts, storedBytes) =>
      progress.update({ read: accounts.read, bytesRead: storedBytes, bytesTotal, sinks: [], elapsedMs: 0 }),
  });
  const plan = await makePlan({
    run: run.record.id,
    method: options.method,
    source: open.source,
    sourceHashes: {
      ...Object.fromEntries(run.record.parts.map(({ label, fingerprint }) => [label, fingerprint ?? 'unknown'])),
      ...Object.fromEntries(Object.entries(run.record.conditions)),
    },
    sliced,
    slices,
    table,
    database,
    snapshot,
    sinceUs: options.since,
    untilUs: options.until,
    warnings: open.warnings,
    signal: stop.now,
  }).catch((error: unknown) => {
    throw kindOf(error) === undefined ? error : connectError(error, database.label);
  });
  return { ...plan, quarantineBytes: await sizeOf(run.record.quarantine) };
}

function newRun({ options }: Call, { open, sink }: OpenBackfill): Promise<StoredRun> {
  return startRun(open.identity, {
    fields: open.fields,
    now: new Date(),
    quarantine: options.quarantine,
    sinkLabels: [sink.label],
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
