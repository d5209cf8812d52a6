import { pause } from '../../pause.js';
import type { CarriedOut } from '../carry-out.js';
import type { PlannedPartition } from '../plan.js';
import type { States } from '../states.js';
import type { Desk } from './desk.js';
import type { Jobs } from './jobs.js';
import { failPartition, reclaim } from './worker.js';

/** A run whose partitions are in the hands of workers. */
export interface Watching {
  readonly run: string;
  readonly folder: string;
  readonly jobs: Jobs;
  readonly desk: Desk;
  /** The run's own states, which are kept in step with those of the workers. */
  readonly states: States;
  readonly partitions: readonly PlannedPartition[];
  readonly isDetached: boolean;
  readonly finish: AbortSignal;
  readonly tell: (note: string) => void;
  /** Events that the workers have passed on. */
  readonly onPassed: (events: number) => void;
}

const LOOK_EVERY_MS = 1_000;
/** Looks between two searches for lost jobs. */
const LOST_EVERY = 5;
const SETTLED = new Set(['done', 'failed', 'undone']);

/** Puts partitions into the queue and watches until workers have settled them all. */
export async function handOut(watching: Watching): Promise<CarriedOut> {
  const { run, folder, jobs, desk, states, partitions, finish, tell } = watching;
  const theirs = await desk.openStates(run);
  for (const { index } of partitions) {
    const own = states.of(index);
    const { state, failures = 0 } = theirs.of(index);
    if (state === 'failed') await theirs.set(index, { state: 'planned' });
    await jobs.put({ run, partition: index, folder }, Math.max(failures, own.failures ?? 0));
  }
  if (watching.isDetached) return { stoppedBy: undefined, error: undefined };
  tell(`${partitions.length} partitions are in the queue`);
  await follow(watching, theirs, partitions);
  return finish.aborted ? { stoppedBy: 'interrupted', error: undefined } : { stoppedBy: undefined, error: undefined };
}

async function follow(
  { run, jobs, desk, states, finish, tell, onPassed }: Watching,
  theirs: Awaited<ReturnType<Desk['openStates']>>,
  partitions: readonly PlannedPartition[],
): Promise<void> {
  let lonely = 0;
  let looks = 1;
  let hasSaid = false;
  const isSettled = () => partitions.every(({ index }) => SETTLED.has(theirs.of(index).state));
  const settledRows = () =>
    partitions.reduce((sum, { index, rows }) => sum + (SETTLED.has(theirs.of(index).state) ? rows : 0), 0);
  for (const { index } of partitions) await states.set(index, theirs.of(index));
  while (!finish.aborted && !isSettled()) {
    await pause(LOOK_EVERY_MS, finish).catch(() => undefined);
    for (const { partition, change } of await theirs.refresh()) await states.set(partition, change);
    const { alive, passed } = await desk.look(run);
    onPassed(passed + settledRows());
    await reclaim({ jobs, desk, tell });
    if (looks++ % LOST_EVERY === 0) await failLost({ run, jobs, states, partitions, tell }, theirs);
    lonely = alive === 0 ? lonely + 1 : 0;
    if (lonely === 3 && !hasSaid) {
      hasSaid = true;
      tell('no worker is there: start some with respool worker --queue');
    }
  }
}

/** A partition without a result whose job is gone, however that came: nobody will ever bring it to its end. */
async function failLost(
  { run, jobs, states, partitions, tell }: Pick<Watching, 'run' | 'jobs' | 'states' | 'partitions' | 'tell'>,
  theirs: Awaited<ReturnType<Desk['openStates']>>,
): Promise<void> {
  const open = await jobs.openOf(run);
  for (const { partition, change } of await theirs.refresh()) await states.set(partition, change);
  for (const { index, name } of partitions) {
    if (open.has(index) || SETTLED.has(theirs.of(index).state)) continue;
    tell(`${name}: its job is gone from the queue`);
    await failPartition(theirs, index, {
      code: 'job_lost',
      message: 'its job is gone from the queue without a result',
    });
    await states.set(index, theirs.of(index));
  }
}
