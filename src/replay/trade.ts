import type { IncompleteError } from '../errors.js';
import type { Journal } from '../flow/state/journal.js';
import type { Database } from '../postgres/connection.js';
import { withRetry } from '../postgres/retry.js';
import { type Ask, askOf } from '../work/tables.js';
import { TakenOverError, unlessTakenOver } from '../work/taken-over.js';
import { type Item, isSpent, type Trade } from '../work/trade.js';
import { nameHolder } from './holders.js';
import { openSliceJournal } from './journal.js';
import { openOrders, type ReplayOrder } from './orders.js';
import { failSlice, holdsSlice, noteSlice, noteTroubles, standingOf, type TakenSlice, takeSlice } from './slices.js';

/** The kind of jobs that are slices of a replay. */
export const REPLAY = 'replay';

/** A slice on which a worker works. */
export interface SliceWork {
  readonly order: ReplayOrder;
  readonly taken: TakenSlice;
  readonly journal: Journal;
  /**
   * Says how the sessions with the sinks are called, and resolves to how those of a worker are called that had the slice before and
   * did not put it down.
   */
  nameSessions(name: string): Promise<string | undefined>;
}

interface Circumstances {
  readonly database: Database;
  /**
   * Delivers what is left of a slice. Resolves to what keeps it from its end for now; undefined when it is at its end,
   * or was stopped.
   */
  readonly deliver: (work: SliceWork) => Promise<SliceEnd>;
  readonly signal: AbortSignal;
}

/** How work on a slice ended. */
export interface SliceEnd {
  readonly isDone: boolean;
  /** What keeps it from its end for now; absent when the worker was told to stop. */
  readonly trouble?: IncompleteError;
  /** What the sinks have found out, in sentences. */
  readonly warnings?: readonly string[];
}

/** So long a slice in work waits for the database of the queue. */
const RETRY_FOR_MS = 60_000;

/** How workers deliver slices of replays. */
export async function replayTrade({ database, deliver, signal }: Circumstances): Promise<Trade> {
  const orders = await openOrders(database, signal);
  const ask = askOf(database, signal);
  const label = `${database.label} (queue)`;
  const how = { label, retryForMs: RETRY_FOR_MS, onWait: undefined };
  const patient: Ask = (sql, values) => withRetry(() => ask(sql, values), how, signal);
  return {
    kind: REPLAY,
    async open(job): Promise<Item> {
      const { run, item: slice } = job;
      const order = await orders.read(run);
      const standing = order && (await standingOf(ask, run, slice));
      const name = `run ${run}: slice ${slice}`;
      const isLeft = order !== undefined && standing !== undefined && standing.state !== 'done';
      return {
        name,
        isDone: !isLeft || isSpent(job, standing.failures),
        troubles: standing?.troubles ?? 0,
        noteTroubles: (troubles) => noteTroubles(ask, run, slice, troubles),
        fail: (failure) => failSlice(ask, run, slice, failure),
        async work() {
          const taken = order && (await takeSlice(ask, run, slice));
          if (order === undefined || taken === undefined) return undefined;
          const journal = openSliceJournal(patient, taken);
          const nameSessions = (sessions: string) => nameHolder(patient, taken, sessions);
          const delivering = deliver({ order, taken, journal, nameSessions });
          const isOurs = () => holdsSlice(patient, taken);
          const { isDone, trouble, warnings = [] } = await unlessTakenOver(delivering, name, isOurs);
          const note = { state: isDone ? 'done' : 'planned', waiting: trouble?.message, warnings } as const;
          if (!(await noteSlice(patient, taken, note))) throw new TakenOverError(name);
          return trouble;
        },
      };
    },
  };
}
