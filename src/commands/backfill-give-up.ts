import { giveUpRun } from '../backfill/queue/give-up.js';
import { makeStatesTable } from '../backfill/queue/shared-states.js';
import { keyOf } from '../flow/state/resume.js';
import { findUnfinishedRun } from '../flow/state/run-record.js';
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
  if (!options.fresh || options.dryRun || options.queue === undefined) return;
  const unfinished = await findUnfinishedRun(options.stateDir, keyOf(open.identity));
  if (unfinished === undefined) return;
  await using queue = await openQueue(options.queue, { io, stop, sessions: 2 });
  const { database, jobs, desk } = queue;
  try {
    await makeStatesTable(database, stop.now);
    await giveUpRun(unfinished.record.id, { database, jobs, desk, signal: stop.finish, tell });
  } catch (error) {
    throw queueError(error, queue);
  }
}
