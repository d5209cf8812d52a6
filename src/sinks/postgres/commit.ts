import { pause } from '../../pause.js';
import type { Connection, Database } from '../../postgres/connection.js';
import { isBroken, sqlError } from '../../postgres/sql-error.js';
import { SinkUnavailableError, type Verdict } from '../sink.js';
import { type Batch, isComplete } from './batch.js';

/** What a transaction can be asked about later: its number, and the server's timeline where it can be told. */
export type CommitToken = string;

/** The answer to COMMIT was lost: the server knows what became of it. */
export class CommitLostError extends Error {
  override readonly name = 'CommitLostError';

  constructor(
    readonly token: CommitToken,
    options: { readonly cause: unknown },
  ) {
    super('the answer to COMMIT was lost', options);
  }
}

/** A partition that was written to is no longer part of the table: what was written must not be committed. */
export class StalePartitionsError extends Error {
  override readonly name = 'StalePartitionsError';
}

export interface Closing {
  readonly batch: Batch;
  readonly tableOid: string;
  readonly hasTimeline: boolean;
  readonly onCommitting: ((token: string, verdicts: readonly Verdict[]) => void | Promise<void>) | undefined;
}

/**
 * Commits what has been written, after a last look that every partition is still attached.
 * @throws CommitLostError when the connection broke on the way; StalePartitionsError when nothing may be committed.
 */
export async function commit(
  connection: Connection,
  { batch, tableOid, hasTimeline, onCommitting }: Closing,
): Promise<void> {
  const partitions = new Set(batch.groups.flatMap(({ target }) => target.partition?.oid ?? []));
  const [row] = await connection.rows(closingSql(tableOid, [...partitions], hasTimeline));
  if (Number(row?.attached) !== partitions.size)
    throw new StalePartitionsError('a partition is no longer part of its table');
  const xid = row?.xid;
  if (typeof xid !== 'string') {
    await connection.run('commit');
    return;
  }
  const token = `${xid}@${String(row?.timeline ?? '')}`;
  await onCommitting?.(token, known(batch.verdicts));
  try {
    await connection.run('commit');
  } catch (error) {
    if (isBroken(error) || !isAbort(error)) throw new CommitLostError(token, { cause: error });
    throw error;
  }
}

/**
 * Asks what became of a transaction; one that is still under way is waited for, and `onWait` is told.
 * @throws SinkUnavailableError (`wait`) when it is under way even after `waitForMs`.
 */
export async function recallCommit(
  database: Database,
  { token, hasTimeline, waitForMs, onWait }: Recall,
  signal: AbortSignal,
): Promise<'committed' | 'aborted' | 'unknown'> {
  const [xid = '', timeline = ''] = token.split('@');
  if (!/^\d+$/.test(xid)) return 'unknown';
  const until = Date.now() + waitForMs;
  for (let waitMs = 20; ; waitMs = Math.min(waitMs * 2, 1_000)) {
    const state = await database.use((connection) => readStatus(connection, { xid, timeline, hasTimeline }), signal);
    if (state !== 'in progress') return state;
    const reason = `${database.label}: transaction ${xid} is still under way`;
    if (Date.now() + waitMs > until) throw new SinkUnavailableError(reason, { cure: 'wait' });
    onWait?.(`${reason}; asking again in ${waitMs / 1_000} s`);
    await pause(waitMs, signal);
  }
}

/** The verdicts, of which at this point there is one for each event. */
function known(verdicts: readonly (Verdict | undefined)[]): readonly Verdict[] {
  return isComplete(verdicts) ? verdicts : verdicts.filter((verdict) => verdict !== undefined);
}

interface Recall {
  readonly token: CommitToken;
  readonly hasTimeline: boolean;
  /** How long a transaction that is still under way is waited for. */
  readonly waitForMs: number;
  readonly onWait: ((note: string) => void) | undefined;
}

const TIMELINE = `substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)`;

/** Whether this server tells its timeline, which changes when a standby takes over. */
export async function tellsTimeline(connection: Connection): Promise<boolean> {
  try {
    await connection.rows(`select ${TIMELINE}`);
    return true;
  } catch (error) {
    if (sqlError(error) === undefined) throw error;
    return false;
  }
}

function closingSql(tableOid: string, partitions: readonly string[], hasTimeline: boolean): string {
  const attached =
    partitions.length === 0
      ? '0'
      : `(select count(*) from pg_inherits where inhparent = ${tableOid} and inhrelid in (${partitions.join(', ')}))`;
  return `select pg_current_xact_id_if_assigned()::text as xid, ${attached} as attached, ${hasTimeline ? TIMELINE : "''"} as timeline`;
}

interface Asked {
  readonly xid: string;
  readonly timeline: string;
  readonly hasTimeline: boolean;
}

async function readStatus(connection: Connection, { xid, timeline, hasTimeline }: Asked) {
  try {
    const [row] = await connection.rows(
      `select pg_xact_status('${xid}'::xid8) as status, ${hasTimeline ? TIMELINE : "''"} as timeline`,
    );
    if (row?.timeline !== timeline) return 'unknown';
    return row.status === 'committed' || row.status === 'aborted' || row.status === 'in progress'
      ? row.status
      : 'unknown';
  } catch (error) {
    if (sqlError(error)?.code === '22023') return 'unknown';
    throw error;
  }
}

/** An answer that says for certain that nothing was committed. */
function isAbort(error: unknown): boolean {
  const code = sqlError(error)?.code ?? '';
  return code.startsWith('40') || code.startsWith('23') || code.startsWith('25');
}
