import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { carryOut } from '../backfill/carry-out.js';
import { writeControl } from '../backfill/control.js';
import { releasePartition, takePartition } from '../backfill/holders.js';
import { keepPace, type Pace, pacedBy, readPace } from '../backfill/pace.js';
import type { PlannedPartition, PlannedUnit } from '../backfill/plan.js';
import { gatherRefused } from '../backfill/refused.js';
import { type PartitionProgress, PLANNED, readStates, type States } from '../backfill/states.js';
import { dropKept, undoPartition } from '../backfill/swap/undo.js';
import { RespoolError } from '../errors.js';
import { kindOf } from '../postgres/sql-error.js';
import { backfillRenderers } from '../report/backfill-renderers.js';
import type { BackfillPace, BackfillReport } from '../report/backfill-report.js';
import { worstExitCode } from '../report/exit-code.js';
import { parseOutputs, printOutputs } from '../report/output.js';
import type { RetryOptions } from './backfill-commands.js';
import { findRun, withRun, withTableRun } from './backfill-later.js';
import type { LaterOptions } from './backfill-later-options.js';
import { partitionsReport } from './backfill-report.js';
import type { KnownRun, OpenRun, OpenTableRun } from './backfill-run-target.js';
import type { Invocation } from './command.js';
import { confirm } from './confirm.js';
import { limitsOf } from './gentle-options.js';

type Call = Invocation<LaterOptions>;

/** `respool backfill status <run>`: reads the state folder alone. */
export async function runStatus(call: Call): Promise<number> {
  const known = await findRun(call);
  const progress = readStates(join(known.folder, 'states.ndjson'));
  const states = { of: (index: number) => progress.get(index) ?? PLANNED };
  const pace = readPace(known.folder, new Date());
  await print(call, { ...reportOn(known, states), ...(pace !== undefined && { pace: paceOf(pace) }) });
  return 0;
}

/** Finished partitions tell the pace of all steps; until there is one, the rows that pass do. */
function paceOf({ passed, total, left, eventsPerSecond, settledPerSecond, waiting }: Pace): BackfillPace {
  const speed = settledPerSecond ?? eventsPerSecond;
  const toGo = settledPerSecond === undefined ? total - passed : left;
  return {
    passed,
    total,
    eventsPerSecond,
    ...(speed > 0 && waiting === undefined && { leftMs: Math.round((toGo * 1_000) / speed) }),
    ...(waiting !== undefined && { waiting }),
  };
}

/** `respool backfill retry <run>`: the failed partitions again, over the original plan. */
export async function runRetry(call: Invocation<RetryOptions>): Promise<number> {
  const tell = teller(call);
  const again = async (run: OpenRun) => {
    const units: readonly PlannedUnit[] = run.plan.partitions;
    const failed = units.filter(({ index }) => run.states.of(index).state === 'failed');
    if (failed.length === 0) tell('no partition has failed');
    using _pace = keepPace(pacedBy(run.work, failed));
    const outcome = await carryOut(run.work, run.hands, failed, run.jobs);
    await gatherRefused(run.folder, run.record.quarantine, run.plan.quarantineBytes);
    const report = reportOn(run, run.states);
    const codes = [
      ...(outcome.error instanceof RespoolError ? [outcome.error.exitCode] : []),
      ...(outcome.stoppedBy === 'interrupted' ? [call.stop.exitCode ?? 130] : []),
      ...(report.partitions.some(({ state }) => state === 'failed') ? [2] : []),
      // What was never begun, or was cut off, is the run's own affair: the same backfill command goes on with it.
      ...(report.partitions.some(({ state }) => !ENDED.includes(state)) ? [4] : []),
      ...findingsOf(run, report),
    ];
    const exitCode = worstExitCode([0, ...codes]);
    await print(call, { ...report, exitCode });
    return exitCode;
  };
  return withRun(call, tell, again, limitsOf(call.options));
}

/** What the whole run has found, this command's part of it included. */
function findingsOf({ plan }: KnownRun, { balanced, undecodable, invalid, sinks }: BackfillReport): readonly number[] {
  const refused = sinks.reduce((sum, { rejected }) => sum + rejected, 0);
  return [...(plan.failures.length > 0 || !balanced ? [2] : []), ...(undecodable + invalid + refused > 0 ? [1] : [])];
}

const ENDED: readonly string[] = ['done', 'failed', 'undone'];

/** `respool backfill verify <run>`: looks everything up again that the slices hold. */
export async function runVerify(call: Call): Promise<number> {
  const tell = teller(call);
  return withRun(call, tell, async (run) => {
    const found: Record<number, Partial<PartitionProgress>> = {};
    const codes = [0];
    for (const unit of loaded(run)) {
      const { change, exitCode, isEnd } = await run.hands.verify(unit);
      if (isEnd === true) await run.states.set(unit.index, change);
      found[unit.index] = change;
      codes.push(exitCode);
    }
    const states = { of: (index: number) => ({ ...run.states.of(index), ...found[index] }) };
    const report = reportOn(run, states);
    const exitCode = worstExitCode(codes);
    await print(call, { ...report, exitCode });
    return exitCode;
  });
}

/** What there is to look for; first what a service could not show before, as it may not answer for ever. */
function loaded({ plan, states }: OpenRun): readonly PlannedUnit[] {
  const units: readonly PlannedUnit[] = plan.partitions;
  const within = (state: string) => units.filter(({ index }) => states.of(index).state === state);
  return plan.method === 'deliver' ? [...within('verifying'), ...within('done')] : within('done');
}

/** `respool backfill undo <run>`. */
export async function runUndo(call: Call): Promise<number> {
  await confirm(call, 'Undoing puts the old partitions back and takes the new ones out.');
  return eachPartition(call, ({ work, session }, partition) => undoPartition(work, session, partition));
}

/** `respool backfill drop <run>`. */
export async function runDrop(call: Call): Promise<number> {
  await confirm(call, 'The old partitions and the slices of the run are gone after this; it cannot be undone.');
  const exitCode = await eachPartition(call, async ({ work, session }, partition) => {
    const dropped = await dropKept(work, session, partition);
    return dropped.length === 0 ? 'nothing kept' : `dropped ${dropped.join(', ')}`;
  });
  if (exitCode === 0) {
    const { folder } = await findRun(call);
    await rm(join(folder, 'slices'), { recursive: true, force: true });
  }
  return exitCode;
}

async function eachPartition(
  call: Call,
  work: (run: OpenTableRun, partition: PlannedPartition) => Promise<string>,
): Promise<number> {
  const tell = teller(call);
  return withTableRun(call, tell, async (run) => {
    const { session } = run;
    const codes = [0];
    const oid = run.work.table.table.oid ?? '';
    for (const partition of run.work.plan.partitions) {
      if (call.stop.finish.aborted) codes.push(call.stop.exitCode ?? 130);
      if (call.stop.finish.aborted) break;
      try {
        if (!(await takePartition(session, oid, partition.fromUs))) throw new Error('another session works on it');
        tell(`${partition.name}: ${await work(run, partition)}`);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        await session.run('rollback').catch(() => undefined);
        codes.push(error instanceof RespoolError ? error.exitCode : kindOf(error) === 'wait' ? 4 : 2);
        tell(
          `${partition.name}: ${error.message}${error instanceof RespoolError && error.hint ? ` (${error.hint})` : ''}`,
        );
      } finally {
        await releasePartition(session, oid, partition.fromUs).catch(() => undefined);
      }
    }
    const exitCode = worstExitCode(codes);
    await print(call, { ...reportOn(run, run.states), exitCode });
    return exitCode;
  });
}

/** `respool backfill pause`, `resume` and `rate`: a word in the run's control file. */
export async function runControl(call: Call, change: Parameters<typeof writeControl>[1]): Promise<number> {
  const { folder, plan } = await findRun(call);
  await writeControl(folder, change);
  teller(call)(`run ${plan.run} has been told; a process that works on it heeds it within a second or two`);
  return 0;
}

function reportOn({ plan, record }: KnownRun, states: Pick<States, 'of'>): BackfillReport {
  const { refusedByServer, ...rest } = partitionsReport({ plan, states, label: record.sinks[0] ?? '' });
  return {
    ...rest,
    complete: rest.partitions.every(({ state }) => state === 'done'),
    exitCode: 0,
    source: { acked: 0, left: 0, label: record.source, parts: record.parts.length },
    elapsedMs: elapsedOf(plan, states),
    ...(plan.accounts.quarantined + refusedByServer > 0 && {
      quarantine: { path: record.quarantine, events: plan.accounts.quarantined + refusedByServer },
    }),
    warnings: plan.warnings,
  };
}

function elapsedOf({ partitions }: KnownRun['plan'], states: Pick<States, 'of'>): number {
  const all = partitions.map(({ index }) => states.of(index));
  const starts = all.flatMap(({ startedAt }) => (startedAt === undefined ? [] : [Date.parse(startedAt)]));
  const ends = all.flatMap(({ endedAt }) => (endedAt === undefined ? [] : [Date.parse(endedAt)]));
  return starts.length === 0 ? 0 : Math.max(0, Math.max(...ends, ...starts) - Math.min(...starts));
}

async function print(call: Call, report: BackfillReport): Promise<void> {
  const outputs = parseOutputs(call.options.output, ['table', 'json', 'markdown', 'html']);
  await printOutputs({ value: report, outputs, renderers: backfillRenderers }, call.io);
}

function teller({ io, options }: Call): (note: string) => void {
  return (note) => {
    if (!options.quiet) io.stderr.write(`${note}\n`);
  };
}
