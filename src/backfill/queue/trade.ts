import type { Database } from '../../postgres/connection.js';
import type { Job } from '../../work/jobs.js';
import { unlessTakenOver } from '../../work/taken-over.js';
import { type Failure, isSpent, type Trade } from '../../work/trade.js';
import { fillUnit } from '../carry-out.js';
import type { Work } from '../context.js';
import type { States } from '../states.js';
import { tableHands } from '../table-hands.js';
import { hasTurn, makeStatesTable, openSharedStates, type SharedStates, takeTurn } from './shared-states.js';

/** The kind of jobs that are partitions of a backfill. */
export const BACKFILL = 'backfill';

interface Circumstances {
  readonly database: Database;
  /** Works while the run of a job and its target are open; both may stay open for the next one, but for what ended in trouble. */
  readonly withWork: (
    job: Job,
    states: States,
    body: (work: Work) => Promise<Error | undefined>,
  ) => Promise<Error | undefined>;
  readonly signal: AbortSignal;
}

/** How workers fill partitions of backfills. */
export async function backfillTrade({ database, withWork, signal }: Circumstances): Promise<Trade> {
  await makeStatesTable(database, signal);
  return {
    kind: BACKFILL,
    async open(job) {
      const states = await openSharedStates(database, job, signal);
      const { state, troubles = 0, failures = 0 } = states.of(job.item);
      const name = `run ${job.run}: partition ${job.item}`;
      return {
        name,
        isDone: state === 'done' || state === 'undone' || isSpent(job, failures),
        troubles,
        noteTroubles: (count) => states.set(job.item, { troubles: count }),
        fail: (failure) => failPartition(states, job.item, failure),
        async work(onPassed) {
          const turn = await takeTurn(database, job.run, job.item, signal);
          if (turn === undefined) return undefined;
          // What the one before has written to the end is known from here on.
          const own = await openSharedStates(database, job, signal, turn);
          if (own.of(job.item).state === 'done') return undefined;
          const working = withWork(job, own, async (work) => {
            const before = work.gate.passed;
            onPassed(() => work.gate.passed - before);
            const partition = work.plan.partitions.find(({ index }) => index === job.item);
            if (partition === undefined) throw new Error(`the plan of run ${job.run} has no partition ${job.item}`);
            return fillUnit(work, tableHands(work), partition);
          });
          // Whoever takes a partition over ends the sessions of the one before: that is no trouble of the partition.
          return unlessTakenOver(working, name, () => hasTurn(database, job.run, turn, signal));
        },
      };
    },
  };
}

/** Writes down that a partition failed outside of its own way, unless somebody has brought it to its end meanwhile. */
export async function failPartition(states: SharedStates, partition: number, error: Failure): Promise<void> {
  await states.refresh();
  if (states.of(partition).state === 'done') return;
  await states.set(partition, {
    state: 'failed',
    error,
    failures: (states.of(partition).failures ?? 0) + 1,
    troubles: 0,
    endedAt: new Date().toISOString(),
  });
}
