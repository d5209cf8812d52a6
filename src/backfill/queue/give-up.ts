import { IncompleteError } from '../../errors.js';
import { pause } from '../../pause.js';
import type { Database } from '../../postgres/connection.js';
import type { Desk } from '../../work/desk.js';
import type { Jobs } from '../../work/jobs.js';
import { forbidTurns } from './shared-states.js';

interface Circumstances {
  readonly database: Database;
  readonly jobs: Jobs;
  readonly desk: Desk;
  readonly signal: AbortSignal;
  readonly tell: (note: string) => void;
}

const LOOK_EVERY_MS = 1_000;
const MOST_LOOKS = 120;

/**
 * Takes a run away from the workers: nobody begins with a partition of it any more, and what is in work comes to nothing at its next
 * state. Resolves once no worker is at it. Partitions that are done stay as they are.
 * @throws IncompleteError `run_in_work` when a worker does not let go.
 */
export async function giveUpRun(run: string, { database, jobs, desk, signal, tell }: Circumstances): Promise<void> {
  await forbidTurns(database, run, signal);
  const withdrawn = await jobs.withdraw(run);
  if (withdrawn > 0)
    tell(`run ${run} is given up: ${withdrawn.toLocaleString('en')} of its partitions leave the queue`);
  for (let look = 0; look < MOST_LOOKS; look++) {
    if (!(await desk.isAtWork(run))) return;
    if (look === 0) tell(`waiting for the workers of run ${run} to let go`);
    await pause(LOOK_EVERY_MS, signal);
  }
  throw new IncompleteError(`workers are still at run ${run}, which was given up`, {
    code: 'run_in_work',
    hint: 'wait for them or end them, then run the same command again',
  });
}
