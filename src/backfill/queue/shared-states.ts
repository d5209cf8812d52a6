import type { Database } from '../../postgres/connection.js';
import { type Ask, askOf, makeTables } from '../../work/tables.js';
import { type PartitionProgress, PLANNED, type States } from '../states.js';

/** The states of a run's partitions as all workers have left them. */
export interface SharedStates extends States {
  /** Reads what others have written since. */
  refresh(): Promise<readonly StateChange[]>;
}

export interface StateChange {
  readonly partition: number;
  readonly change: Partial<PartitionProgress>;
}

/** Makes the table of states where it is missing. */
export async function makeStatesTable(database: Database, signal: AbortSignal): Promise<void> {
  await makeTables(database, TABLE, signal);
}

const TABLE = `
  create table if not exists respool.backfill_states (seq bigint generated always as identity primary key, run text not null,
    partition int not null, change jsonb not null, at timestamptz not null default now());
  create index if not exists backfill_states_run on respool.backfill_states (run, seq)`;

/** Numbers are given before they are committed: so many changes may still appear in front of one that is seen. */
const LATE = 1_000;

/** Opens the states of a run in the database of the queue. */
export async function openSharedStates(database: Database, run: string, signal: AbortSignal): Promise<SharedStates> {
  const ask = askOf(database, signal);
  const known = new Map<number, PartitionProgress>();
  const of = (partition: number) => known.get(partition) ?? PLANNED;
  const unseen = unseenChanges(ask, run);
  const refresh = async () => {
    const changes = await unseen();
    for (const { partition, change } of changes) known.set(partition, { ...of(partition), ...change });
    return changes;
  };
  await refresh();
  return {
    of,
    refresh,
    async set(partition, change) {
      known.set(partition, { ...of(partition), ...change });
      await ask('insert into respool.backfill_states (run, partition, change) values ($1, $2::int, $3::jsonb)', [
        run,
        String(partition),
        JSON.stringify(change),
      ]);
    },
    [Symbol.dispose]: () => undefined,
  };
}

function unseenChanges(ask: Ask, run: string): () => Promise<readonly StateChange[]> {
  const seen = new Set<number>();
  let last = 0;
  return async () => {
    const found = await ask(
      'select seq::float8 as seq, partition, change from respool.backfill_states where run = $1 and seq > $2::int8 order by seq',
      [run, String(Math.max(0, last - LATE))],
    );
    const fresh = found.filter(({ seq }) => !seen.has(Number(seq)));
    for (const { seq } of fresh) seen.add(Number(seq));
    last = Math.max(last, ...fresh.map(({ seq }) => Number(seq)));
    for (const seq of seen) if (seq <= last - LATE) seen.delete(seq);
    return fresh.map(({ partition, change }) => ({
      partition: Number(partition),
      change: change as Partial<PartitionProgress>, // only this module writes the table
    }));
  };
}
