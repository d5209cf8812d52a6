import { join } from 'node:path';
import type { CarriedOut } from '../backfill/carry-out.js';
import type { BackfillPlan, PlannedPartition, PlannedUnit } from '../backfill/plan.js';
import { refusedKinds } from '../backfill/refused.js';
import type { PartitionProgress, States } from '../backfill/states.js';
import { RespoolError } from '../errors.js';
import { writeDurably } from '../flow/state/durable.js';
import { sizeOf } from '../flow/state/quarantine-tail.js';
import type { StoredRun } from '../flow/state/run-record.js';
import type { BackfilledPartition, BackfillReport } from '../report/backfill-report.js';
import { worstExitCode } from '../report/exit-code.js';
import type { NextCommand } from '../report/report.js';
import type { BackfillOptions } from './backfill.js';
import type { OpenBackfill } from './backfill-open.js';
import type { Invocation } from './command.js';
import { fieldsUsed, problemsOf } from './replay-report.js';

type Call = Invocation<BackfillOptions>;

/** How a backfill ended. */
export interface BackfillEnding {
  readonly opened: OpenBackfill;
  readonly run: StoredRun;
  readonly plan: BackfillPlan;
  readonly states: Pick<States, 'of'>;
  readonly outcome: CarriedOut;
  readonly startedMs: number;
}

/** Makes the report of a backfill, and writes it as the run's receipt. */
export async function reportOf(call: Call, ending: BackfillEnding): Promise<BackfillReport> {
  const { run, opened, plan } = ending;
  const elapsedMs = performance.now() - ending.startedMs;
  const base = partitionsReport({ plan, states: ending.states, label: opened.target.sink.label });
  const isDone = base.partitions.every(({ state }) => state === 'done');
  const refused = base.partitions.reduce((sum, { rejected }) => sum + rejected, 0);
  const quarantined = (await sizeOf(run.record.quarantine)) > 0 ? plan.accounts.quarantined + base.refusedByServer : 0;
  const { refusedByServer, ...rest } = base;
  const report: BackfillReport = {
    ...rest,
    complete: !call.options.dryRun && isDone && plan.failures.length === 0,
    exitCode: exitCodeOf(call, ending, { refused, isDone, balanced: rest.balanced }),
    ...(quarantined > 0 && { quarantine: { path: run.record.quarantine, events: quarantined } }),
    source: { acked: 0, left: 0, label: opened.open.source.label, parts: opened.open.source.parts.length },
    elapsedMs: Math.round(elapsedMs),
    fields: fieldsUsed(opened.open),
    problems: [
      ...problemsOf(opened.open, plan.accounts),
      ...(await refusedKinds(run.folder)).map((kind) => ({ stage: opened.target.sink.name, ...kind })),
    ],
    failures: [...plan.failures, ...unavailable(ending)],
    warnings: [...plan.warnings, ...(plan.method === 'deliver' ? opened.target.sink.describe().warnings : [])],
    notes: plan.notes,
    next: nextOf(call, ending),
    ...(ending.outcome.stoppedBy === 'interrupted' && {
      stoppedBy: { code: 'interrupted', message: 'stopped by the user' },
    }),
  };
  if (!call.options.dryRun) {
    await writeDurably(join(run.folder, 'receipt.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  }
  return report;
}

interface Standing {
  readonly plan: BackfillPlan;
  readonly states: Pick<States, 'of'>;
  readonly label: string;
}

/** The part of the report that is about the partitions alone: also what `status` shows. */
export function partitionsReport({ plan, states, label }: Standing) {
  const units: readonly PlannedUnit[] = plan.partitions;
  const partitions = units.map((partition) => partitionReport(partition, states.of(partition.index)));
  const sum = (count: (partition: BackfilledPartition) => number) =>
    partitions.reduce((total, partition) => total + count(partition), 0);
  const { read, undecodable, filtered, invalid, repaired, added, dropped, sinks } = plan.accounts;
  const rejectedInAll = sinks[0]?.rejected ?? 0;
  const inPartitions = units.reduce((total, { rejected }) => total + rejected, 0);
  const refusedByServer = units.reduce((total, { index }) => total + states.of(index).rejected, 0);
  const accepted = sum((partition) => partition.accepted);
  const duplicate = sum((partition) => partition.duplicate);
  const rejected = sum((partition) => partition.rejected) + rejectedInAll - inPartitions;
  const unknown = units.reduce((total, { index }) => total + (states.of(index).unknown ?? 0), 0);
  const settled = undecodable + filtered + dropped + invalid + accepted + duplicate + rejected + unknown;
  const isWhole = partitions.every(({ state }) => state === 'done' || state === 'undone');
  const isBalanced = partitions.every(
    (each) => each.state !== 'done' || each.read === each.accepted + each.duplicate + each.rejected,
  );
  return {
    reportVersion: 1 as const,
    command: 'backfill' as const,
    run: plan.run,
    method: plan.method,
    ...(plan.method === 'deliver' ? { days: plan.sink.zone } : { table: `${plan.table.schema}.${plan.table.name}` }),
    balanced: isBalanced && (!isWhole || settled === read + added),
    read,
    undecodable,
    filtered,
    invalid,
    repaired,
    ...(added > 0 && { added }),
    ...(dropped > 0 && { dropped }),
    sinks: [
      {
        name: plan.method === 'deliver' ? plan.sink.name : 'postgres',
        label,
        accepted,
        duplicate,
        rejected,
        unknown,
        unsent: Math.max(0, read + added - settled),
      },
    ],
    partitions,
    untouched: plan.untouched,
    refusedByServer,
  };
}

function partitionReport(partition: PlannedUnit | PlannedPartition, progress: PartitionProgress): BackfilledPartition {
  const { name, fromUs, toUs, read, rows, bytes, expectedDuplicates } = partition;
  const { state, accepted, duplicate, verified, carriedOver, lockedMs, evidence, oldName, error } = progress;
  const seconds = secondsOf(progress);
  return {
    name,
    ...(Number.isFinite(fromUs) && { from: iso(fromUs) }),
    ...(Number.isFinite(toUs) && { to: iso(toUs) }),
    state,
    read,
    accepted,
    duplicate,
    rejected: partition.rejected + progress.rejected,
    verified,
    ...(progress.unknown ? { unknown: progress.unknown } : {}),
    ...('oid' in partition && rowsIn(partition)),
    expected: { accepted: rows - expectedDuplicates, duplicate: expectedDuplicates, rejected: partition.rejected },
    bytes,
    ...(carriedOver ? { carriedOver } : {}),
    ...(lockedMs !== undefined && { lockedMs }),
    ...(evidence !== undefined && { evidence }),
    ...(oldName !== undefined && state === 'done' && progress.dropped !== true && { old: oldName }),
    ...(error !== undefined && state === 'failed' && { error }),
    ...(seconds !== undefined && { seconds, eventsPerSecond: Math.round(rows / Math.max(seconds, 0.1)) }),
  };
}

/** What the table held when the plan was made. */
function rowsIn({ oid, rowsBefore, rowsInDefault }: PlannedPartition) {
  return { ...(oid !== undefined && { rowsBefore }), ...(rowsInDefault > 0 && { rowsInDefault }) };
}

function secondsOf({ startedAt, endedAt }: PartitionProgress): number | undefined {
  if (startedAt === undefined || endedAt === undefined || endedAt < startedAt) return undefined;
  return Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 100) / 10;
}

function exitCodeOf(
  { options, stop }: Call,
  { plan, states, outcome }: BackfillEnding,
  { refused, isDone, balanced }: { readonly refused: number; readonly isDone: boolean; readonly balanced: boolean },
): number {
  const codes: number[] = [];
  if (outcome.stoppedBy === 'interrupted') codes.push(stop.exitCode ?? 130);
  if (outcome.error instanceof RespoolError) codes.push(outcome.error.exitCode);
  else if (outcome.error !== undefined) codes.push(4);
  if (plan.partitions.some(({ index }) => states.of(index).state === 'failed') || !balanced) codes.push(2);
  if (plan.failures.length > 0) codes.push(2);
  if (!options.dryRun && !options.detach && !isDone && codes.length === 0) codes.push(4);
  const { undecodable, invalid } = plan.accounts;
  if (undecodable + invalid + refused > 0) codes.push(1);
  return worstExitCode(codes);
}

function unavailable({ outcome, opened }: BackfillEnding) {
  const { error } = outcome;
  if (error === undefined) return [];
  const { code, hint } = error instanceof RespoolError ? error : { code: 'failed', hint: undefined };
  return [{ part: opened.target.sink.label, code, message: error.message, ...(hint !== undefined && { hint }) }];
}

function nextOf({ options }: Call, { plan, states }: BackfillEnding): readonly NextCommand[] {
  if (options.dryRun) return [];
  const to = options.to.map((sink) => (/^[\w-]+$/.test(sink) ? sink : '"$TARGET"')).join(' ');
  const command = (verb: string) => `respool backfill ${verb} ${plan.run} --to ${to}`;
  const all = plan.partitions.map(({ index }) => states.of(index));
  const next: NextCommand[] = [];
  if (all.some(({ state }) => state === 'failed'))
    next.push({ command: command('retry'), why: 'the failed partitions again' });
  if (all.some(({ state }) => state === 'verifying'))
    next.push({ command: command('verify'), why: 'asks again what has arrived, later' });
  if (all.some(({ state, oldOid }) => state === 'done' && oldOid !== undefined)) {
    next.push({ command: command('undo'), why: 'put the old partitions back' });
    next.push({ command: command('drop'), why: 'drop the old partitions, once you are sure' });
  }
  return next;
}

const iso = (timeUs: number) => new Date(Math.floor(timeUs / 1_000)).toISOString();
