import { CannotEvaluateError } from '../errors.js';
import type { Connection, Database } from '../postgres/connection.js';
import { reasonOf } from '../postgres/retry.js';

/** Why the target needs a rest; undefined when it does not. */
export type Busy = string | undefined;

/** What counts as busy; what is undefined is not looked at. */
export interface LoadLimits {
  /** Replication lag of any standby, in seconds. */
  readonly lagS: number | undefined;
  /** Sessions that wait for a lock. */
  readonly lockWaits: number | undefined;
  /** Sessions of others that are at work. */
  readonly activeSessions: number | undefined;
  /** Share of checkpoints that the write-ahead log forced, between two looks. */
  readonly forcedCheckpoints: boolean;
  /** A query whose first value must be false, null, 0 or empty for the work to go on. */
  readonly sql: string | undefined;
  /** An address that must answer with 200 to 299. */
  readonly http: string | undefined;
}

const TIMEOUT_MS = 5_000;

/**
 * Opens a look at how busy the target is; undefined when nothing is to be looked at. A look that fails holds the work back
 * as well, and says so.
 * @throws CannotEvaluateError `cannot_watch` when the role would see other sessions without what they do.
 */
export async function openLoadWatch(
  database: Database,
  limits: LoadLimits,
  signal: AbortSignal,
): Promise<(() => Promise<Busy>) | undefined> {
  const looksAtOthers = [limits.lagS, limits.lockWaits, limits.activeSessions].some((limit) => limit !== undefined);
  if (looksAtOthers) await database.use(requireSight, signal);
  const looksAtAll = looksAtOthers || limits.forcedCheckpoints || limits.sql !== undefined || limits.http !== undefined;
  return looksAtAll ? watchLoad(database, limits, signal) : undefined;
}

/** PostgreSQL shows the sessions of other roles without their states to whoever may not read all statistics. */
async function requireSight(connection: Connection): Promise<void> {
  const [row] = await connection.rows(
    `select current_user::text as role, pg_has_role(current_user, 'pg_read_all_stats', 'usage') as sees`,
  );
  if (row?.sees === true) return;
  throw new CannotEvaluateError(`role ${row?.role} may not see what other sessions do, nor how far standbys are`, {
    code: 'cannot_watch',
    hint: `grant pg_read_all_stats to ${row?.role}; or use --pause-if-sql with a query that the role may run`,
  });
}

function watchLoad(database: Database, limits: LoadLimits, signal: AbortSignal): () => Promise<Busy> {
  const checkpoints = createCheckpointWatch();
  return async () => {
    try {
      const asked = await database.use(async (connection) => {
        await connection.run(`begin read only; set local statement_timeout = ${TIMEOUT_MS}`);
        const busy = (await standards(connection, limits)) ?? (await custom(connection, limits.sql));
        const forced = limits.forcedCheckpoints ? await checkpoints(connection) : undefined;
        await connection.run('commit');
        return busy ?? forced;
      }, signal);
      return asked ?? (await answers(limits.http));
    } catch (error) {
      return `the target cannot be asked how it is: ${reasonOf(error)}`;
    }
  };
}

async function standards(connection: Connection, limits: LoadLimits): Promise<Busy> {
  const { lagS, lockWaits, activeSessions } = limits;
  if (lagS === undefined && lockWaits === undefined && activeSessions === undefined) return undefined;
  const [row] = await connection.rows(
    `select coalesce((select max(extract(epoch from replay_lag)) from pg_stat_replication), 0)::float8 as lag,
            count(*) filter (where wait_event_type = 'Lock')::int as waits,
            count(*) filter (where state = 'active' and application_name !~ '^respool')::int as active
     from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
  const lag = Number(row?.lag);
  if (lagS !== undefined && lag > lagS) return `a standby is ${lag.toFixed(1)} s behind (more than ${lagS} s)`;
  if (lockWaits !== undefined && Number(row?.waits) > lockWaits)
    return `${row?.waits} sessions wait for locks (more than ${lockWaits})`;
  if (activeSessions !== undefined && Number(row?.active) > activeSessions)
    return `${row?.active} sessions are at work (more than ${activeSessions})`;
  return undefined;
}

async function custom(connection: Connection, sql: string | undefined): Promise<Busy> {
  if (sql === undefined) return undefined;
  const [row] = await connection.rows(sql);
  const value = row === undefined ? undefined : Object.values(row)[0];
  if (isNothing(value)) return undefined;
  return value === true ? 'the query of --pause-if-sql says so' : `the query of --pause-if-sql says ${String(value)}`;
}

/** The driver hands `bigint`, such as what `count(*)` gives, and `numeric` over as text. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true;
  return (typeof value === 'string' || typeof value === 'number') && Number(value) === 0;
}

/** Looks at an address alone. */
export function watchHttp(url: string): () => Promise<Busy> {
  return () => answers(url);
}

async function answers(url: string | undefined): Promise<Busy> {
  if (url === undefined) return undefined;
  try {
    const { status, ok } = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return ok ? undefined : `the check of --pause-unless-http answers ${status}`;
  } catch (error) {
    return `the check of --pause-unless-http does not answer: ${reasonOf(error)}`;
  }
}

/** Checkpoints that the write-ahead log asked for since the last look: the disks cannot keep up with what is written. */
function createCheckpointWatch(): (connection: Connection) => Promise<Busy> {
  let before: number | undefined;
  let restUntil = 0;
  return async (connection) => {
    const [version] = await connection.rows(`select current_setting('server_version_num')::int >= 170000 as is_new`);
    const [row] = await connection.rows(
      version?.is_new === true
        ? 'select num_requested::int8::text as forced from pg_stat_checkpointer'
        : 'select checkpoints_req::text as forced from pg_stat_bgwriter',
    );
    const forced = Number(row?.forced);
    if (before !== undefined && forced > before) restUntil = Date.now() + 10_000;
    before = forced;
    return Date.now() < restUntil ? 'the write-ahead log has forced a checkpoint' : undefined;
  };
}
