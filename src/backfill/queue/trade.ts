import type { Database } from '../../postgres/connection.js';
import type { Job } from '../../work/jobs.js';
import { TakenOverError } from '../../work/taken-over.js';
import type { Failure, Trade } from '../../work/trade.js';
import { fillUnit } from '../carry-out.js';
import type { Work } from '../context.js';
import type { States } from '../states.js';
import { tableHands } from '../table-hands.js';
import { hasTurn, makeStatesTable, openSharedStates, takeTurn } from './shared-states.js';

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
      const { state, troubles = 0 } = states.of(job.item);
      return {
        name: `run ${job.run}: partition ${job.item}`,
        isDone: state === 'done' || state === 'undone',
        troubles,
        noteTroubles: (count) => states.set(job.item, { troubles: count }),
        fail: (failure) => failPartition(states, job.item, failure),
        async work(onPassed) {
          const turn = await takeTurn(database, job.run, job.item, signal);
          if (turn === undefined) return undefined;
          // What the one before has written to the end is known from here on.
          const own = await openSharedStates(database, job, signal, turn);
          if (own.of(job.item).state === 'done') return undefined;
          const trouble = await withWork(job, own, async (work) => {
            const before = work.gate.passed;
            onPassed(() => work.gate.passed - before);
            const partition = work.plan.partitions.find(({ index }) => index === job.item);
            if (partition === undefined) throw new Error(`the plan of run ${job.run} has no partition ${job.item}`);
            return fillUnit(work, tableHands(work), partition);
          });
          if (trouble === undefined || (await hasTurn(database, job.run, turn, signal))) return trouble;
          throw new TakenOverError(`run ${job.run}: partition ${job.item}`);
        },
      };
    },
  };
}

/** Writes down that a partition failed outside of its own way. */
export async function failPartition(states: States, partition: number, error: Failure): Promise<void> {
  await states.set(partition, {
    state: 'failed',
    error,
    failures: (states.of(partition).failures ?? 0) + 1,
    troubles: 0,
    endedAt: new Date().toISOString(),
  });
}
