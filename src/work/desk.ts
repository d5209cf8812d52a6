import type { Database } from '../postgres/connection.js';
import { type Ask, askOf, makeTables } from './tables.js';

/** Who works, and on what: the list of workers on all machines, in the database of the queue. */
export interface Desk {
  /** Says that a worker is alive, what it works on, and how many events it has passed on for this run. */
  beat(worker: string, now: Doing | undefined): Promise<void>;
  /** Takes a worker off the list. */
  leave(worker: string): Promise<void>;
  /** What the list says, and what the workers alive have passed on for a run. */
  look(run?: string): Promise<Crew>;
  /** Whether the last beat of whoever has this job is recent. */
  isHeld(job: string): Promise<boolean>;
  /** Whether a living worker has something of this run in hand. */
  isAtWork(run: string): Promise<boolean>;
  /** Takes the dead workers that had this job off the list. */
  forget(job: string): Promise<void>;
}

export interface Crew {
  /** Jobs of workers whose heart has stopped. */
  readonly stopped: readonly string[];
  /** How many workers are alive. */
  readonly alive: number;
  readonly passed: number;
  /** False for a while after this process could not ask: then nobody could say that he lives. */
  readonly isSure: boolean;
}

export interface Doing {
  readonly job: string;
  readonly run: string;
  readonly passed: number;
}

/** A worker that has not been heard of for so long is dead; it beats every few seconds. */
export const BEAT_EVERY_MS = 5_000;

const DEAD_AFTER_MS = 30_000;
const DEAD_AFTER = `${DEAD_AFTER_MS} milliseconds`;

/**
 * Opens the desk, and makes its table where it is missing.
 * @param nowMs a clock that never goes back.
 */
export async function openDesk(
  database: Database,
  signal: AbortSignal,
  nowMs: () => number = () => performance.now(),
): Promise<Desk> {
  const { ask, answeredForMs } = timed(askOf(database, signal), nowMs);
  await makeTables(database, TABLE, signal);
  // Who died with nothing in hand is missed by nobody.
  await ask(`delete from respool.workers where beat < now() - interval '1 day'`);
  return {
    async beat(worker, now) {
      // A beat that a crash of the server takes away is made up for by the next one: nobody waits for its disk.
      await ask(
        `with quick as materialized (select set_config('synchronous_commit', 'off', true))
         insert into respool.workers select $1, nullif($2, ''), nullif($3, ''), $4::int8, now() from quick
         on conflict (worker) do update set job = excluded.job, run = excluded.run, passed = excluded.passed, beat = now()`,
        [worker, now?.job ?? '', now?.run ?? '', String(Math.round(now?.passed ?? 0))],
      );
    },
    async leave(worker) {
      await ask('delete from respool.workers where worker = $1', [worker]);
    },
    async look(run) {
      const found = await ask(
        `select job, run, passed::float8 as passed, beat > now() - interval '${DEAD_AFTER}' as alive from respool.workers`,
      );
      return {
        stopped: found.flatMap(({ job, alive }) => (alive !== true && typeof job === 'string' ? [job] : [])),
        alive: found.filter(({ alive }) => alive === true).length,
        isSure: answeredForMs() > DEAD_AFTER_MS,
        passed: found.reduce((sum, row) => sum + (row.run === run ? Number(row.passed) : 0), 0),
      };
    },
    async isHeld(job) {
      const [row] = await ask(
        `select count(*)::int as held from respool.workers where job = $1 and beat > now() - interval '${DEAD_AFTER}'`,
        [job],
      );
      return Number(row?.held) > 0;
    },
    async isAtWork(run) {
      const [row] = await ask(
        `select count(*)::int as held from respool.workers where run = $1 and beat > now() - interval '${DEAD_AFTER}'`,
        [run],
      );
      return Number(row?.held) > 0;
    },
    async forget(job) {
      await ask(`delete from respool.workers where job = $1 and beat <= now() - interval '${DEAD_AFTER}'`, [job]);
    },
  };
}

/** Knows since when each question has been answered, and soon. */
function timed(inner: Ask, nowMs: () => number) {
  let silentAtMs = Number.NEGATIVE_INFINITY;
  const ask: Ask = async (...question) => {
    const askedMs = nowMs();
    let isAnswered = false;
    try {
      const rows = await inner(...question);
      isAnswered = nowMs() - askedMs < BEAT_EVERY_MS;
      return rows;
    } finally {
      if (!isAnswered) silentAtMs = nowMs();
    }
  };
  return { ask, answeredForMs: () => nowMs() - silentAtMs };
}

const TABLE = `create table if not exists respool.workers
  (worker text primary key, job text, run text, passed int8 not null, beat timestamptz not null)`;
