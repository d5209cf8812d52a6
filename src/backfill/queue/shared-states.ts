import type { Database } from '../../postgres/connection.js';
import { type Ask, askOf, makeTables } from '../../work/tables.js';
import { TakenOverError } from '../../work/taken-over.js';
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

/** The work of one worker on a partition: what it writes is void once another one has it. */
export interface Turn {
  readonly partition: number;
  readonly epoch: string;
}

/** Takes a partition for this worker: from now on whoever had it before can write nothing about it. */
export async function takeTurn(database: Database, run: string, partition: number, signal: AbortSignal): Promise<Turn> {
  const [row] = await askOf(database, signal)(
    `insert into respool.backfill_turns values ($1, $2::int, 1)
     on conflict (run, partition) do update set epoch = backfill_turns.epoch + 1 returning epoch::text as epoch`,
    [run, String(partition)],
  );
  return { partition, epoch: String(row?.epoch) };
}

/** Whether a worker still has the partition that it took. */
export async function hasTurn(database: Database, run: string, turn: Turn, signal: AbortSignal): Promise<boolean> {
  const [row] = await askOf(database, signal)(
    'select epoch::text as epoch from respool.backfill_turns where run = $1 and partition = $2::int',
    [run, String(turn.partition)],
  );
  return row?.epoch === turn.epoch;
}

const TABLE = `
  create table if not exists respool.backfill_turns (run text not null, partition int not null, epoch int8 not null,
    primary key (run, partition));
  create table if not exists respool.backfill_states (seq bigint generated always as identity primary key, run text not null,
    partition int not null, change jsonb not null, at timestamptz not null default now());
  create index if not exists backfill_states_run on respool.backfill_states (run, seq)`;

/** Numbers are given before they are committed: so many changes may still appear in front of one that is seen. */
const LATE = 1_000;

/** Opens the states of a run in the database of the queue. */
export async function openSharedStates(
  database: Database,
  run: string,
  signal: AbortSignal,
  turn?: Turn,
): Promise<SharedStates> {
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
      const values = [run, String(partition), JSON.stringify(change)];
      const [row] = await (turn === undefined ? ask(WRITE, values) : ask(WRITE_IN_TURN, [...values, turn.epoch]));
      if (row === undefined) throw new TakenOverError(`run ${run}: partition ${partition}`);
      known.set(partition, { ...of(partition), ...change });
    },
    [Symbol.dispose]: () => undefined,
  };
}

const WRITE =
  'insert into respool.backfill_states (run, partition, change) values ($1, $2::int, $3::jsonb) returning seq';
/** Whoever takes the partition over waits for this statement, or has been before it. */
const WRITE_IN_TURN = `
  with turn as (select epoch from respool.backfill_turns where run = $1 and partition = $2::int for share)
  insert into respool.backfill_states (run, partition, change) select $1, $2::int, $3::jsonb from turn where epoch = $4::int8 returning seq`;

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
