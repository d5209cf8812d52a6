import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CannotEvaluateError, IncompleteError } from '../../errors.js';
import type { SinkAccounts } from '../../flow/accounts.js';
import { type ReplayOutcome, replay } from '../../flow/replay.js';
import { trimQuarantine } from '../../flow/state/quarantine-tail.js';
import { readPosition, type StoredRun } from '../../flow/state/run-record.js';
import type { PlannedUnit } from '../plan.js';
import type { DayWork } from './day-work.js';
import { daySource } from './slice-source.js';

/** Where the state of one day's delivery lies. */
export function dayFolder(folder: string, index: number): string {
  return join(folder, 'days', String(index));
}

/** Where the refused events of a day lie until they are gathered into the run's quarantine. */
export function refusedPath(folder: string, index: number): string {
  return join(folder, 'refused', `${index}.ndjson`);
}

/**
 * Delivers the slice of a day as a replay of its own, which goes on where it was after a crash. Resolves to what became of
 * the events.
 * @throws IncompleteError `target_unavailable`, CannotEvaluateError `sink_refused`, or the reason of `finish`.
 */
export async function deliverDay(work: DayWork, unit: PlannedUnit): Promise<SinkAccounts> {
  const run = await openDay(work, unit);
  if (run.position?.state === 'finished') return sinkOf(run.position.accounts.sinks);
  await using opened = await work.openDaySink(unit, run.folder);
  await using source = daySource({
    slices: work.slices,
    index: unit.index,
    parts: work.parts,
    pass: (events) => work.gate.pass(events, work.finish),
  });
  const outcome = await replay({
    source,
    sinks: [opened.sink],
    pool: work.pool,
    run,
    quarantineBytes: await trimQuarantine(run),
    isTooMany: () => undefined,
    stop: { finish: work.finish, now: work.signal },
    ...(work.waitNote !== undefined && { waitNotes: [work.waitNote] }),
  });
  refuseEnd(work, outcome);
  return sinkOf(outcome.accounts.sinks);
}

async function openDay({ folder, record }: DayWork, { index }: PlannedUnit): Promise<StoredRun> {
  const own = dayFolder(folder, index);
  await mkdir(own, { recursive: true, mode: 0o700 });
  await mkdir(join(folder, 'refused'), { recursive: true, mode: 0o700 });
  const quarantine = refusedPath(folder, index);
  return { folder: own, record: { ...record, quarantine }, position: await readPosition(own) };
}

/** A day that came to no end has not failed: the run has. */
function refuseEnd({ finish, signal }: DayWork, { stoppedBy, deadSinks, accounts, failures }: ReplayOutcome): void {
  signal.throwIfAborted();
  if (stoppedBy?.code === 'interrupted') throw finish.reason;
  const [dead] = deadSinks;
  if (dead !== undefined) throw unavailable(dead.error);
  const [failure] = failures;
  if (failure !== undefined) throw failure.error;
  const { undecodable, invalid } = accounts;
  if (undecodable + invalid === 0) return;
  throw new CannotEvaluateError(`${undecodable + invalid} events of a slice cannot be read again`, {
    code: 'slices_damaged',
    hint: 'run the backfill again with --fresh: it reads the source anew',
  });
}

function unavailable(error: Error): Error {
  if ('cure' in error && error.cure === 'mend') {
    return new CannotEvaluateError(error.message, {
      code: 'sink_refused',
      hint: 'mend that, then run the same command again: it goes on where it was',
      cause: error,
    });
  }
  return new IncompleteError(error.message, {
    code: 'target_unavailable',
    hint: 'run the same command again once it is back: it goes on where it was',
    cause: error,
  });
}

function sinkOf([sink]: readonly SinkAccounts[]): SinkAccounts {
  if (sink === undefined) throw new Error('a day goes to one sink');
  return sink;
}
