import { stat } from 'node:fs/promises';
import { lockFolder } from '../flow/state/lock.js';
import type { StoredRun } from '../flow/state/run-record.js';
import { listRuns, removeRun } from '../flow/state/runs.js';
import { counted } from '../report/text.js';
import type { Invocation } from './command.js';
import { confirm } from './confirm.js';
import { printListing } from './listing-options.js';
import type { PruneRunsOptions } from './runs.js';

/** Removes old runs; with `--all` it asks first. */
export async function pruneRuns(call: Invocation<PruneRunsOptions>): Promise<number> {
  const { options, io } = call;
  const { stateDir, olderThan = 0, all } = options;
  if (all) await confirm(call, 'With unfinished runs and quarantines goes what was not delivered.');
  await using _lock = await lockFolder(stateDir);
  const before = Date.now() - olderThan;
  const old = (await listRuns(stateDir)).filter(({ record }) => Date.parse(record.startedAt) <= before);
  const kept: StoredRun[] = [];
  const removed: StoredRun[] = [];
  for (const run of old) {
    const isOver = run.position?.state === 'finished' && !(await holdsEvents(run));
    (all || isOver ? removed : kept).push(run);
  }
  for (const run of removed) await removeRun(run);
  const idsOf = (runs: readonly StoredRun[]) => runs.map(({ record }) => record.id);
  const notes = kept.map(({ record, position }) =>
    position?.state === 'finished'
      ? `${record.id} is kept: there are events in its quarantine`
      : `${record.id} is kept: it is unfinished`,
  );
  const listing = {
    title: `${counted(removed.length, 'run')} removed`,
    head: ['run', 'source'],
    rows: removed.map(({ record }) => [record.id, record.source]),
    notes: kept.length === 0 ? [] : [...notes, '--all removes those too'],
  };
  await printListing({ value: { removed: idsOf(removed), kept: idsOf(kept) }, listing, output: options.output }, io);
  return 0;
}

/** A quarantine elsewhere is not removed with the run. */
async function holdsEvents({ folder, record }: StoredRun): Promise<boolean> {
  if (!record.quarantine.startsWith(folder) && !record.quarantine.includes(record.id)) return false;
  return (await stat(record.quarantine).catch(() => ({ size: 0 }))).size > 0;
}
