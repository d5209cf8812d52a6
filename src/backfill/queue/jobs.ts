import { createHash } from 'node:crypto';
import type PgBoss from 'pg-boss';
import { CannotEvaluateError, IncompleteError } from '../../errors.js';
import type { ServerAddress } from '../../postgres/address.js';
import type { Database } from '../../postgres/connection.js';
import { reasonOf } from '../../postgres/retry.js';
import { tlsAttempts } from '../../postgres/tls.js';

/** What a worker is given: one partition of one run. No secrets. */
export interface Job {
  readonly run: string;
  readonly partition: number;
  /** The run's folder, by the path that all machines know it by. */
  readonly folder: string;
}

export interface TakenJob extends Job {
  readonly id: string;
}

/** The queue of partitions: pg-boss in the schema `pgboss`. */
export interface Jobs extends AsyncDisposable {
  /** Puts a job in, unless it is there already. */
  put(job: Job, attempt: number): Promise<void>;
  /** The next job, or undefined when there is none. */
  take(): Promise<TakenJob | undefined>;
  /** The job needs nobody any more. */
  finish(id: string): Promise<void>;
  /** Gives a job back: another worker takes it, soon. After many times it goes to the dead letters. */
  giveBack(id: string, why: string): Promise<void>;
  /** Jobs that wait or are in work. */
  left(): Promise<number>;
  /** Partitions of a run whose jobs wait or are in work. */
  openOf(run: string): Promise<ReadonlySet<number>>;
  /** Takes what nobody could do off the dead letters. */
  takeDead(): Promise<readonly Job[]>;
}

const QUEUE = 'respool-backfill';
const DEAD = 'respool-backfill-dead';
const MOST_TRIES = 1_000;
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
  return {
    async put(job, attempt) {
      await boss.send(QUEUE, job, {
        id: idOf(job, attempt),
        // Partitions of several runs take turns: the first of each, then the second of each.
        priority: -job.partition,
        retryLimit: MOST_TRIES,
        retryDelay: 1,
        expireInHours: 23,
      });
    },
    async take() {
      const [found] = await boss.fetch<Job>(QUEUE);
      return found === undefined ? undefined : { ...found.data, id: found.id };
    },
    finish: (id) => boss.complete(QUEUE, id),
    giveBack: (id, why) => boss.fail(QUEUE, id, { why }),
    async openOf(run) {
      const rows = await database.use(
        (connection) =>
          connection.rows(
            `select (data->>'partition')::int as partition from pgboss.job where name = $1 and state < 'completed' and data->>'run' = $2`,
            [QUEUE, run],
          ),
        signal,
      );
      return new Set(rows.map(({ partition }) => Number(partition)));
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

async function start({ config, tls, label }: ServerAddress): Promise<PgBoss> {
  const { default: Boss } = await import('pg-boss');
  const attempts = config.host?.startsWith('/') ? [false as const] : tlsAttempts(tls);
  let failure: unknown;
  for (const ssl of attempts) {
    const boss = new Boss({ ...plain(config), ssl, max: 2, schema: 'pgboss' } as PgBoss.ConstructorOptions); // what `pg` takes
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
function idOf({ run, partition }: Job, attempt: number): string {
  const hash = createHash('sha256').update(`${run}:${partition}:${attempt}`).digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
