import type { Database } from '../../postgres/connection.js';
import type { Job } from '../../work/jobs.js';
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

/** Where the partition of a turn would stand: the run has been given up. */
const GIVEN_UP = -1;

/**
 * Takes a partition for this worker: from now on whoever had it before can write nothing about it. Undefined when the run has been
 * given up.
 */
export async function takeTurn(
  database: Database,
  run: string,
  partition: number,
  signal: AbortSignal,
): Promise<Turn | undefined> {
  const [row] = await askOf(database, signal)(
    `insert into respool.backfill_turns select $1, $2::int, 1
       where not exists (select from respool.backfill_turns where run = $1 and partition = ${GIVEN_UP})
     on conflict (run, partition) do update set epoch = backfill_turns.epoch + 1 returning epoch::text as epoch`,
    [run, String(partition)],
  );
  return row && { partition, epoch: String(row.epoch) };
}

/** Gives a run up: whoever is at work on it can write nothing more about it, and nobody begins. */
export async function forbidTurns(database: Database, run: string, signal: AbortSignal): Promise<void> {
  const ask = askOf(database, signal);
  await ask(`insert into respool.backfill_turns values ($1, ${GIVEN_UP}, 1) on conflict do nothing`, [run]);
  await ask('update respool.backfill_turns set epoch = epoch + 1 where run = $1', [run]);
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
  create index if not exists backfill_states_run on respool.backfill_states (run, seq);
  create index if not exists backfill_states_partition on respool.backfill_states (run, partition, seq)`;

/** Numbers are given before they are committed: so many changes may still appear in front of one that is seen. */
const LATE = 1_000;

/** A run, or one partition of it. */
type Scope = Pick<Job, 'run'> & Partial<Pick<Job, 'item'>>;

/** Opens the states of a run, or of one of its partitions alone, in the database of the queue. */
export async function openSharedStates(
  database: Database,
  scope: Scope,
  signal: AbortSignal,
  turn?: Turn,
): Promise<SharedStates> {
  const ask = askOf(database, signal);
  const known = new Map<number, PartitionProgress>();
  const of = (partition: number) => known.get(partition) ?? PLANNED;
  const { run } = scope;
  const unseen = unseenChanges(ask, scope);
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
      const isBegun = change.state === 'loading' || change.state === 'verifying';
      const [row] = await (turn === undefined
        ? ask(WRITE, values)
        : ask(WRITE_IN_TURN, [...values, turn.epoch, String(isBegun)]));
      if (row === undefined) throw new TakenOverError(`run ${run}: partition ${partition}`);
      known.set(partition, { ...of(partition), ...change });
    },
    [Symbol.dispose]: () => undefined,
  };
}

const WRITE =
  'insert into respool.backfill_states (run, partition, change) values ($1, $2::int, $3::jsonb) returning seq';
/**
 * Whoever takes the partition over waits for this statement, or has been before it. What has only begun begins anew after a crash, so
 * that it needs not be on disk before anything else happens.
 */
const WRITE_IN_TURN = `
  with turn as (select epoch from respool.backfill_turns where run = $1 and partition = $2::int for share),
  pace as materialized (select set_config('synchronous_commit', case when $5::bool then 'off' else current_setting('synchronous_commit') end, true))
  insert into respool.backfill_states (run, partition, change) select $1, $2::int, $3::jsonb from turn, pace where epoch = $4::int8 returning seq`;

function unseenChanges(ask: Ask, { run, item }: Scope): () => Promise<readonly StateChange[]> {
  const seen = new Set<number>();
  let last = 0;
  const [one, which] = item === undefined ? ['', []] : [' and partition = $3::int', [String(item)]];
  return async () => {
    const found = await ask(
      `select seq::float8 as seq, partition, change from respool.backfill_states where run = $1 and seq > $2::int8${one} order by seq`,
      [run, String(Math.max(0, last - LATE)), ...which],
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
