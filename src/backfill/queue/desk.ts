import type { Database } from '../../postgres/connection.js';
import { type PartitionProgress, PLANNED, type States } from '../states.js';

/** What workers on many machines tell each other, in the database of the queue. */
export interface Desk {
  /** The states of a run's partitions as all workers have left them; `refresh` reads what others have written since. */
  openStates(run: string): Promise<States & { refresh(): Promise<readonly StateChange[]> }>;
  /** Says that a worker is alive, what it works on, and how many events it has passed on for this run. */
  beat(worker: string, now: Doing | undefined): Promise<void>;
  /** Takes a worker off the list. */
  leave(worker: string): Promise<void>;
  /** Jobs of workers whose heart has stopped, and how many workers are alive. */
  look(run?: string): Promise<{ readonly stopped: readonly string[]; readonly alive: number; readonly passed: number }>;
  /** Whether the last beat of whoever has this job is recent. */
  isHeld(job: string): Promise<boolean>;
  /** Takes the dead workers that had this job off the list. */
  forget(job: string): Promise<void>;
}

export interface Doing {
  readonly job: string;
  readonly run: string;
  readonly passed: number;
}

export interface StateChange {
  readonly partition: number;
  readonly change: Partial<PartitionProgress>;
}

/** A worker that has not been heard of for so long is dead; it beats every few seconds. */
export const BEAT_EVERY_MS = 5_000;
const DEAD_AFTER = '30 seconds';
const LOCK = 0x7265_7371;

/** Opens the desk, and makes its two tables in the schema `respool` where they are missing. */
export async function openDesk(database: Database, signal: AbortSignal): Promise<Desk> {
  const rows = (sql: string, values: readonly string[] = []) =>
    database.use((connection) => connection.rows(sql, values), signal);
  await database.use((connection) => connection.run(TABLES), signal);
  return {
    openStates: (run) => openStates(rows, run),
    async beat(worker, now) {
      await rows(
        `insert into respool.workers values ($1, nullif($2, ''), nullif($3, ''), $4::int8, now())
         on conflict (worker) do update set job = excluded.job, run = excluded.run, passed = excluded.passed, beat = now()`,
        [worker, now?.job ?? '', now?.run ?? '', String(Math.round(now?.passed ?? 0))],
      );
    },
    async leave(worker) {
      await rows('delete from respool.workers where worker = $1', [worker]);
    },
    async look(run) {
      const found = await rows(
        `select job, run, passed::float8 as passed, beat > now() - interval '${DEAD_AFTER}' as alive from respool.workers`,
      );
      return {
        stopped: found.flatMap(({ job, alive }) => (alive !== true && typeof job === 'string' ? [job] : [])),
        alive: found.filter(({ alive }) => alive === true).length,
        passed: found.reduce((sum, row) => sum + (row.run === run ? Number(row.passed) : 0), 0),
      };
    },
    async isHeld(job) {
      const [row] = await rows(
        `select count(*)::int as held from respool.workers where job = $1 and beat > now() - interval '${DEAD_AFTER}'`,
        [job],
      );
      return Number(row?.held) > 0;
    },
    async forget(job) {
      await rows(`delete from respool.workers where job = $1 and beat <= now() - interval '${DEAD_AFTER}'`, [job]);
    },
  };
}

const TABLES = `
  begin; set local client_min_messages = warning; select pg_advisory_xact_lock(${LOCK});
  create schema if not exists respool;
  create table if not exists respool.backfill_states (seq bigint generated always as identity primary key, run text not null,
    partition int not null, change jsonb not null, at timestamptz not null default now());
  create index if not exists backfill_states_run on respool.backfill_states (run, seq);
  create table if not exists respool.workers (worker text primary key, job text, run text, passed int8 not null, beat timestamptz not null);
  commit`;

type Rows = (sql: string, values?: readonly string[]) => Promise<readonly { readonly [column: string]: unknown }[]>;

async function openStates(rows: Rows, run: string) {
  const known = new Map<number, PartitionProgress>();
  let seen = '0';
  const of = (partition: number) => known.get(partition) ?? PLANNED;
  const refresh = async (): Promise<readonly StateChange[]> => {
    const found = await rows(
      'select seq::text as seq, partition, change from respool.backfill_states where run = $1 and seq > $2::int8 order by seq',
      [run, seen],
    );
    return found.map(({ seq, partition, change }) => {
      seen = String(seq);
      const told = change as Partial<PartitionProgress>; // only this module writes the table
      known.set(Number(partition), { ...of(Number(partition)), ...told });
      return { partition: Number(partition), change: told };
    });
  };
  await refresh();
  return {
    of,
    refresh,
    async set(partition: number, change: Partial<PartitionProgress>) {
      known.set(partition, { ...of(partition), ...change });
      await rows('insert into respool.backfill_states (run, partition, change) values ($1, $2::int, $3::jsonb)', [
        run,
        String(partition),
        JSON.stringify(change),
      ]);
    },
    [Symbol.dispose]: () => undefined,
  };
}
