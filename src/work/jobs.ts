import { createHash } from 'node:crypto';
import type PgBoss from 'pg-boss';
import { CannotEvaluateError, IncompleteError } from '../errors.js';
import type { ServerAddress } from '../postgres/address.js';
import type { Database } from '../postgres/connection.js';
import { reasonOf } from '../postgres/retry.js';
import { tlsAttempts } from '../postgres/tls.js';

/** What a worker is given: one item of one run. No secrets. */
export interface Job {
  /** What is to be done: each kind of work knows its own items. */
  readonly kind: string;
  readonly run: string;
  /** Number of the item in its run: a partition of a backfill, a slice of a replay. */
  readonly item: number;
  /** The run's folder, by the path that all machines know it by; absent where all that is needed lies in the database. */
  readonly folder?: string;
  /** How often the item had failed when it was handed out; absent in jobs of versions that did not say so. */
  readonly attempt?: number;
}

/** A job, and which attempt at its item it is. */
export interface NumberedJob {
  readonly job: Job;
  readonly attempt: number;
}

export interface TakenJob extends Job {
  readonly id: string;
}

/** The queue of all work: pg-boss in the schema `pgboss`. */
export interface Jobs extends AsyncDisposable {
  /** Puts jobs in, each unless it is there already; one that has come to its end is put in anew. */
  put(jobs: readonly NumberedJob[]): Promise<void>;
  /** The next job, or undefined when there is none. */
  take(): Promise<TakenJob | undefined>;
  /** The job needs nobody any more. */
  finish(id: string): Promise<void>;
  /** Says that a job is still in work, so that pg-boss, which knows no longer time than a day, does not take it away. */
  hold(id: string): Promise<void>;
  /** Gives a job back: another worker takes it, soon. After many times it goes to the dead letters. */
  giveBack(id: string, why: string): Promise<void>;
  /** Jobs that wait or are in work. */
  left(): Promise<number>;
  /** Items of a run whose jobs wait or are in work. */
  openOf(run: string): Promise<ReadonlySet<number>>;
  /** Takes all jobs of a run out of the queue, also those that somebody has taken. Resolves to how many there were. */
  withdraw(run: string): Promise<number>;
  /** Jobs that somebody took and nobody has said to have: whoever took them died at once. */
  abandoned(): Promise<readonly string[]>;
  /** Takes what nobody could do off the dead letters. */
  takeDead(): Promise<readonly Job[]>;
}

const QUEUE = 'respool-work';
const DEAD = 'respool-work-dead';
const MOST_TRIES = 1_000;
const AT_ONCE = 1_000;
/** So long a job may be taken before its worker is on the list. */
const UNCLAIMED_FOR = '30 seconds';
const MAKING = 0x7265_7372;

/**
 * Opens the queue, and makes it where it is missing.
 * @throws IncompleteError `queue_down`, or CannotEvaluateError `queue_refused`.
 */
export async function openJobs(address: ServerAddress, database: Database, signal: AbortSignal): Promise<Jobs> {
  // Several that make the same tables at once would end in a deadlock.
  const boss = await database.use(async (connection) => {
    await connection.run(`select pg_advisory_lock(${MAKING})`);
    try {
      return await start(address);
    } finally {
      await connection.run(`select pg_advisory_unlock(${MAKING})`);
    }
  }, signal);
  const rows = (sql: string, values: readonly string[]) =>
    database.use((connection) => connection.rows(sql, values), signal);
  return {
    async put(jobs) {
      for (let at = 0; at < jobs.length; at += AT_ONCE) {
        const some = jobs.slice(at, at + AT_ONCE).map(asInsert);
        await rows(FORGET, [QUEUE, `{${some.map(({ id }) => id).join(',')}}`]);
        await boss.insert(some);
      }
    },
    async take() {
      const [found] = await boss.fetch<Job>(QUEUE);
      return found === undefined ? undefined : { ...found.data, id: found.id };
    },
    finish: (id) => boss.complete(QUEUE, id),
    giveBack: (id, why) => boss.fail(QUEUE, id, { why }),
    async hold(id) {
      await rows(
        `update pgboss.job set started_on = now()
         where name = $1 and id = $2::uuid and state = 'active' and started_on < now() - interval '1 hour'`,
        [QUEUE, id],
      );
    },
    async openOf(run) {
      const found = await rows(
        `select (data->>'item')::int as item from pgboss.job where name = $1 and state < 'completed' and data->>'run' = $2`,
        [QUEUE, run],
      );
      return new Set(found.map(({ item }) => Number(item)));
    },
    async withdraw(run) {
      const gone = await rows(
        `delete from pgboss.job where name = $1 and state < 'completed' and data->>'run' = $2 returning 1 as one`,
        [QUEUE, run],
      );
      return gone.length;
    },
    async abandoned() {
      const found = await rows(
        `select id::text as id from pgboss.job as j where name = $1 and state = 'active'
           and started_on < now() - interval '${UNCLAIMED_FOR}' and not exists (select from respool.workers where job = j.id::text)`,
        [QUEUE],
      );
      return found.map(({ id }) => String(id));
    },
    async takeDead() {
      const found = await boss.fetch<Job>(DEAD, { batchSize: 100 });
      if (found.length > 0)
        await boss.complete(
          DEAD,
          found.map(({ id }) => id),
        );
      return found.map(({ data }) => data);
    },
    left: () => boss.getQueueSize(QUEUE, { before: 'completed' }),
    [Symbol.asyncDispose]: () => boss.stop({ graceful: false, wait: false }),
  };
}

/** Ended jobs are kept for a while, under the ids that jobs for the same attempts will have. */
const FORGET = `delete from pgboss.job where name = $1 and state >= 'completed' and id = any ($2::uuid[])`;

async function start({ config, tls, label }: ServerAddress): Promise<PgBoss> {
  const { default: Boss } = await import('pg-boss');
  const attempts = config.host?.startsWith('/') ? [false as const] : tlsAttempts(tls);
  let failure: unknown;
  for (const ssl of attempts) {
    const boss = new Boss({
      ...plain(config),
      ssl,
      max: 2,
      schema: 'pgboss',
      schedule: false,
    } as PgBoss.ConstructorOptions); // what `pg` takes
    boss.on('error', () => undefined);
    try {
      await boss.start();
      if ((await boss.getQueue(DEAD)) === null) await boss.createQueue(DEAD);
      if ((await boss.getQueue(QUEUE)) === null) await boss.createQueue(QUEUE, { name: QUEUE, deadLetter: DEAD });
      return boss;
    } catch (error) {
      failure = error;
      await boss.stop({ graceful: false, wait: false }).catch(() => undefined);
    }
  }
  throw unusable(failure, label);
}

function unusable(error: unknown, label: string): Error {
  const message = `the queue at ${label} cannot be used: ${reasonOf(error)}`;
  const isDown =
    error instanceof Error && 'code' in error && /^(ECONN|ETIMEDOUT|ENOTFOUND|57P|53)/.test(String(error.code));
  return isDown
    ? new IncompleteError(message, {
        code: 'queue_down',
        hint: 'run the same command again once the server answers',
        cause: error,
      })
    : new CannotEvaluateError(message, {
        code: 'queue_refused',
        hint: 'pg-boss needs a role that may create the schema pgboss, or finds it made for it',
        cause: error,
      });
}

function plain({ host, port, user, password, database, application_name }: ServerAddress['config']) {
  return { host, port, user, password, database, application_name };
}

/** The same job has the same id, so that it is not put in twice. */
function asInsert({ job, attempt }: NumberedJob): PgBoss.JobInsert<Job> {
  return {
    name: QUEUE,
    data: { ...job, attempt },
    id: idOf(job, attempt),
    // Items of several runs take turns: the first of each, then the second of each.
    priority: -job.item,
    retryLimit: MOST_TRIES,
    retryDelay: 1,
    expireInSeconds: 23 * 3_600,
  };
}

function idOf({ run, item }: Job, attempt: number): string {
  const hash = createHash('sha256').update(`${run}:${item}:${attempt}`).digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
