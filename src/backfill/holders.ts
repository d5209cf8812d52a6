import { IncompleteError } from '../errors.js';
import { pause } from '../pause.js';
import type { Connection, Row } from '../postgres/connection.js';

/**
 * First halves of the advisory locks in the target: a table under backfill, a partition in work, the gate to both, a DEFAULT partition in
 * work, and the turn to lock a table.
 */
const TABLE_CLASS = 0x7265_7362;
const PARTITION_CLASS = 0x7265_7370 + 0x10;
const GATE_CLASS = 0x7265_7367;
const CARVING_CLASS = 0x7265_7363;
const TURN_CLASS = 0x7265_7374;

/** A range of a table, in seconds since the Unix epoch; infinite where a run has no bounds. */
export interface Claim {
  readonly tableOid: string;
  readonly run: string;
  readonly fromS: number;
  readonly toS: number;
}

/**
 * Claims a range of a table for this session, for as long as it lives. The claim is an advisory lock, and what it is about
 * stands in the session's name, where everybody sees it.
 * @throws IncompleteError `range_claimed` that names who holds an overlapping range.
 */
export async function claimRange(connection: Connection, claim: Claim): Promise<void> {
  const table = keyOf(claim.tableOid);
  // Whoever stands still in the gate gives it back before those behind have waited for too long.
  await connection.run(
    `begin; set local lock_timeout = '10s'; set local idle_in_transaction_session_timeout = '5s'; ` +
      `select pg_advisory_xact_lock(${GATE_CLASS}, ${table})`,
  );
  const holders = await connection.rows(HOLDERS, [String(TABLE_CLASS), claim.tableOid]);
  const other = holders.map(holderOf).find((holder) => holder.run !== claim.run && overlaps(holder, claim));
  if (other !== undefined) {
    await connection.run('rollback');
    throw new IncompleteError(`another backfill works on an overlapping range of this table: ${other.text}`, {
      code: 'range_claimed',
      hint: 'wait for it to end and run the same command again, or choose a range that does not overlap',
    });
  }
  await connection.run(
    `set application_name = '${sessionName(claim)}'; select pg_advisory_lock_shared(${TABLE_CLASS}, ${table}); commit`,
  );
}

/** Takes a partition for this session; false when another session has it. */
export async function takePartition(connection: Connection, tableOid: string, fromUs: number): Promise<boolean> {
  const [row] = await connection.rows(
    `select pg_try_advisory_lock(${PARTITION_CLASS}, hashtext('${tableOid}:${fromUs}')) as taken`,
  );
  return row?.taken === true;
}

const MOST_WAITS = 20;
const WAIT_MS = 500;

/**
 * Takes a partition from a worker that is dead or stands still: whatever sessions it has left are ended, and with them what they
 * had begun. One that is just about to give it back is waited for. False when that is not possible.
 */
export async function takePartitionOver(
  connection: Connection,
  { tableOid, fromUs, signal }: { readonly tableOid: string; readonly fromUs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  for (let wait = 1; wait <= MOST_WAITS; wait++) {
    await pause(WAIT_MS, signal);
    if (await takePartition(connection, tableOid, fromUs)) return true;
    // Sessions of another role may not be ended: then they are waited for.
    if (wait === 4)
      await connection.rows(END_HOLDER, [String(PARTITION_CLASS), `${tableOid}:${fromUs}`]).catch(() => []);
  }
  return false;
}

/** Sessions with which a worker fills one partition after the other have a name of their own. */
export const WORK_NAME = 'respool-work';

const END_HOLDER = `
  select pg_terminate_backend(other.pid)
  from pg_locks l join pg_stat_activity a on a.pid = l.pid
  join pg_stat_activity other on other.application_name = a.application_name and other.datname = a.datname
  where l.locktype = 'advisory' and l.granted and l.database = (select oid from pg_database where datname = current_database())
    and l.classid = $1::int8::oid and l.objid = (hashtext($2)::int8 & 4294967295)::oid and a.application_name ~ '^${WORK_NAME} '`;

/** Gives a partition back. */
export async function releasePartition(connection: Connection, tableOid: string, fromUs: number): Promise<void> {
  await connection.run(`select pg_advisory_unlock(${PARTITION_CLASS}, hashtext('${tableOid}:${fromUs}'))`);
}

/** Takes a DEFAULT partition for this session; false when another session has it. */
export async function takeCarving(connection: Connection, oid: string): Promise<boolean> {
  const [row] = await connection.rows(`select pg_try_advisory_lock(${CARVING_CLASS}, ${keyOf(oid)}) as taken`);
  return row?.taken === true;
}

/** Gives a DEFAULT partition back. */
export async function releaseCarving(connection: Connection, oid: string): Promise<void> {
  await connection.run(`select pg_advisory_unlock(${CARVING_CLASS}, ${keyOf(oid)})`);
}

/** Locks a table in turn with other sessions that work for a backfill, which would only wait for one another. */
export async function inTurn<T>(
  connection: Connection,
  { tableOid, signal }: { readonly tableOid: string; readonly signal: AbortSignal },
  body: () => Promise<T>,
): Promise<T> {
  const turn = `${TURN_CLASS}, ${keyOf(tableOid)}`;
  for (;;) {
    const [row] = await connection.rows(`select pg_try_advisory_lock(${turn}) as taken`);
    if (row?.taken === true) break;
    await pause(20 + 60 * Math.random(), signal);
  }
  try {
    return await body();
  } finally {
    await connection.run(`select pg_advisory_unlock(${turn})`);
  }
}

/** Lets the server notice within half a minute that this session's machine is gone, so that others can go on. */
export const KEEP_ALIVE = `set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3`;

const HOLDERS = `
  select a.pid, a.application_name as name, coalesce(host(a.client_addr), 'this machine') as client,
         to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as since
  from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.granted and l.database = (select oid from pg_database where datname = current_database())
    and l.classid = $1::int8::oid and l.objid = $2::int8::oid`;

interface Holder extends Pick<Claim, 'run' | 'fromS' | 'toS'> {
  readonly text: string;
}

/** A session whose name is hidden or foreign may hold anything. */
function holderOf({ pid, name, client, since }: Row): Holder {
  const match = /^respool-backfill (\S+) (\S+)\.\.(\S+)$/.exec(String(name));
  const who = `session ${pid} from ${client}, connected since ${since} UTC`;
  if (match === null) {
    return { run: '', fromS: Number.NEGATIVE_INFINITY, toS: Number.POSITIVE_INFINITY, text: who };
  }
  const [, run = '', from = '', to = ''] = match;
  return {
    run,
    fromS: parse(from, Number.NEGATIVE_INFINITY),
    toS: parse(to, Number.POSITIVE_INFINITY),
    text: `run ${run} (${who})`,
  };
}

function overlaps(a: Pick<Claim, 'fromS' | 'toS'>, b: Pick<Claim, 'fromS' | 'toS'>): boolean {
  return a.fromS < b.toS && b.fromS < a.toS;
}

/** At most 63 bytes, as PostgreSQL cuts it. */
function sessionName({ run, fromS, toS }: Claim): string {
  return `respool-backfill ${run} ${print(fromS)}..${print(toS)}`;
}

const print = (seconds: number) => (Number.isFinite(seconds) ? seconds.toString(36) : 'any');

function parse(text: string, otherwise: number): number {
  return text === 'any' ? otherwise : Number.parseInt(text, 36);
}

/** An oid as one half of an advisory lock, which is a signed number. */
function keyOf(oid: string): number {
  return Number(oid) | 0;
}
