import type { Database } from '../../postgres/connection.js';
import type { Hands } from '../../work/reclaim.js';
import { handOut, type Watched, watch } from '../../work/watch.js';
import type { CarriedOut } from '../carry-out.js';
import type { PlannedUnit } from '../plan.js';
import type { States } from '../states.js';
import { isHandedOut, noteHandedOut, requireOwn, takeBack } from './handed-out.js';
import { openSharedStates } from './shared-states.js';
import { BACKFILL, failPartition } from './trade.js';

/** A run whose partitions go to workers. */
interface HandedOut {
  readonly run: string;
  readonly folder: string;
  readonly database: Database;
  /** The run's own states, which are kept in step with those of the workers. */
  readonly states: States;
  readonly partitions: readonly PlannedUnit[];
  readonly isDetached: boolean;
  readonly signal: AbortSignal;
  readonly finish: AbortSignal;
  /** Events that the workers have passed on. */
  readonly onPassed: (events: number) => void;
}

const SETTLED: ReadonlySet<string> = new Set(['done', 'failed', 'undone']);

/** Puts partitions into the queue and watches until workers have settled them all. */
export async function handOutPartitions(hands: Hands, handed: HandedOut): Promise<CarriedOut> {
  const { isDetached, finish, folder, run, database } = handed;
  const watched = await watchedOf(handed);
  // The same database may have another name from here.
  if ((await hands.jobs.openOf(run)).size === 0) await requireOwn(folder, run, database.label);
  await noteHandedOut(folder, database.label);
  await handOut(hands, watched);
  if (!isDetached) await watch(hands, watched, finish);
  if (watched.items.every(watched.isSettled)) await takeBack(folder);
  return { stoppedBy: finish.aborted && !isDetached ? 'interrupted' : undefined, error: undefined };
}

async function watchedOf({ run, folder, database, states, partitions, signal, onPassed }: HandedOut): Promise<Watched> {
  const isHome = !(await isHandedOut(folder));
  const theirs = await openSharedStates(database, { run }, signal);
  const byIndex = new Map(partitions.map((partition) => [partition.index, partition]));
  const isSettled = (item: number) => SETTLED.has(theirs.of(item).state);
  return {
    kind: BACKFILL,
    called: 'partition',
    run,
    folder,
    items: partitions.map(({ index }) => index),
    attemptOf: (item) => Math.max(theirs.of(item).failures ?? 0, states.of(item).failures ?? 0),
    isSettled,
    nameOf: (item) => byIndex.get(item)?.name ?? `partition ${item}`,
    async renew() {
      for (const { index } of partitions) {
        // What was begun here without workers, or undone here since, is theirs to bring to its end.
        if (isHome && states.of(index).state !== theirs.of(index).state) await theirs.set(index, states.of(index));
        if (['failed', 'undone'].includes(theirs.of(index).state)) await theirs.set(index, { state: 'planned' });
      }
      await Promise.all(partitions.map(({ index }) => states.set(index, theirs.of(index))));
    },
    async refresh() {
      const changes = await theirs.refresh();
      await Promise.all(changes.map(({ partition, change }) => states.set(partition, change)));
    },
    async fail(item, failure) {
      await failPartition(theirs, item, failure);
      await states.set(item, theirs.of(item));
    },
    onLook(passed) {
      const settled = partitions.filter(({ index }) => isSettled(index));
      onPassed(passed + settled.reduce((sum, { rows }) => sum + rows, 0));
    },
  };
}
