import { loadPlan } from '../backfill/plan-file.js';
import { giveUpRun } from '../backfill/queue/give-up.js';
import { requireOwn, takeBack } from '../backfill/queue/handed-out.js';
import { makeStatesTable, openSharedStates } from '../backfill/queue/shared-states.js';
import { openStates, PLANNED } from '../backfill/states.js';
import { keyOf } from '../flow/state/resume.js';
import { findUnfinishedRun } from '../flow/state/run-record.js';
import type { Database } from '../postgres/connection.js';
import type { BackfillOptions } from './backfill.js';
import type { OpenBackfill } from './backfill-open.js';
import type { Invocation } from './command.js';
import { openQueue, queueError } from './work-queue.js';

/**
 * With --fresh and --queue: takes the unfinished run of the same command away from the workers, which would go on with what is in the
 * queue beside the new one.
 */
export async function giveUpUnfinished(
  { options, io, stop }: Invocation<BackfillOptions>,
  { open }: OpenBackfill,
  tell: (note: string) => void,
): Promise<void> {
  if (!options.fresh || options.dryRun) return;
  const unfinished = await findUnfinishedRun(options.stateDir, keyOf(open.identity));
  if (unfinished === undefined) return;
  const { folder, record } = unfinished;
  if (options.queue === undefined) return requireOwn(folder, record.id);
  await using queue = await openQueue(options.queue, { io, stop, sessions: 2 });
  const { database, jobs, desk } = queue;
  try {
    await makeStatesTable(database, stop.now);
    await giveUpRun(record.id, { database, jobs, desk, signal: stop.finish, tell });
    await bringHome(database, record.id, folder, stop.now);
  } catch (error) {
    throw queueError(error, queue);
  }
}

/** What workers have done of a run that was given up can be undone and dropped like that of any other. */
async function bringHome(database: Database, run: string, folder: string, signal: AbortSignal): Promise<void> {
  const theirs = await openSharedStates(database, { run }, signal);
  using states = openStates(folder);
  const { partitions = [] } = (await loadPlan(folder)) ?? {};
  const known = partitions.filter(({ index }) => theirs.of(index) !== PLANNED);
  await Promise.all(known.map(({ index }) => states.set(index, theirs.of(index))));
  await takeBack(folder);
}
