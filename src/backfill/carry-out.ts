import { CannotEvaluateError, IncompleteError, RespoolError } from '../errors.js';
import type { Connection } from '../postgres/connection.js';
import { reasonOf } from '../postgres/retry.js';
import { kindOf } from '../postgres/sql-error.js';
import type { Work } from './context.js';
import { KEEP_ALIVE, releasePartition, takePartition } from './holders.js';
import { insertSlice } from './insert.js';
import { makeByPartman } from './partman.js';
import type { PlannedPartition } from './plan.js';
import { swapSlice } from './swap/swap.js';
import { relationOf } from './target.js';
import { countSlice, hex, judge, notVerified } from './verify.js';

/** Why a run ended before all its partitions were done; undefined when nothing stopped it. */
export interface CarriedOut {
  readonly stoppedBy: 'interrupted' | 'unavailable' | undefined;
  readonly error: Error | undefined;
}

/** Fills partitions, several at once, in the order of time. A partition that fails does not stop the others. */
export async function carryOut(work: Work, unfilled: readonly PlannedPartition[], jobs: number): Promise<CarriedOut> {
  const queue = [...unfilled];
  let error: Error | undefined;
  const labour = async () => {
    for (let next = queue.shift(); next !== undefined && error === undefined; next = queue.shift()) {
      if (work.finish.aborted) return;
      error ??= await fillPartition(work, next);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, queue.length) }, labour));
  work.signal.throwIfAborted();
  if (work.finish.aborted) return { stoppedBy: 'interrupted', error: undefined };
  return { stoppedBy: error === undefined ? undefined : 'unavailable', error };
}

/** Fills one partition and resolves to what keeps all of them from going on; its own trouble is written down. */
export async function fillPartition(work: Work, partition: PlannedPartition): Promise<Error | undefined> {
  const { states, signal, finish } = work;
  try {
    await work.database.use((session) => fillAlone(work, session, partition), signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (finish.aborted && (error === finish.reason || isAbort(error))) return undefined;
    const trouble = troubleOf(error);
    if (trouble instanceof IncompleteError) return trouble;
    const { code, message, hint } = trouble;
    const told = { code, message, ...(hint !== undefined && { hint }) };
    await states.set(partition.index, {
      state: 'failed',
      error: told,
      failures: (states.of(partition.index).failures ?? 0) + 1,
      endedAt: new Date().toISOString(),
    });
    work.tell(`${partition.name} failed: ${message}`);
    return undefined;
  }
}

async function fillAlone(work: Work, session: Connection, partition: PlannedPartition): Promise<void> {
  const tableOid = work.table.table.oid ?? '';
  await session.run(KEEP_ALIVE);
  if (!(await takePartition(session, tableOid, partition.fromUs))) {
    throw new IncompleteError(`another session works on partition ${partition.name}`, {
      code: 'partition_taken',
      hint: 'wait for it to end and run the same command again',
    });
  }
  try {
    await work.states.set(partition.index, { state: 'loading', startedAt: new Date().toISOString() });
    if (work.plan.method === 'swap') await swapSlice(work, session, partition);
    else await insertAndVerify(work, session, partition);
  } finally {
    // Whatever the work left open must not be the next one's.
    await session.run('rollback').catch(() => undefined);
    await releasePartition(session, tableOid, partition.fromUs).catch(() => undefined);
  }
}

async function insertAndVerify(work: Work, session: Connection, partition: PlannedPartition): Promise<void> {
  const { states, table } = work;
  const { partman } = work.plan;
  if (partman !== undefined && (await relationOf(session, table, partition)).oid === undefined)
    await makeByPartman(session, partman, partition);
  const { rejectedChecksum, ...loaded } = await insertSlice(work, partition);
  await states.set(partition.index, { state: 'verifying', ...loaded, rejectedChecksum: hex(rejectedChecksum) });
  const { relation, oid } = await relationOf(session, table, partition);
  const found = await countSlice({ connection: session, table, relation }, { slices: work.slices, partition });
  const verification = judge(partition, { rejected: loaded.rejected, rejectedChecksum }, found);
  if (!verification.agrees) throw notVerified(partition, verification);
  await states.set(partition.index, {
    state: 'done',
    verified: true,
    evidence: verification.evidence,
    endedAt: new Date().toISOString(),
    ...(partition.oid === undefined && oid !== undefined && { newOid: oid }),
  });
}

/** Any error as something that a user can act on. */
function troubleOf(error: unknown): RespoolError {
  if (error instanceof RespoolError) return error;
  const kind = kindOf(error);
  if (kind === 'wait') {
    return new IncompleteError(reasonOf(error), {
      code: 'target_unavailable',
      hint: 'run the same command again once the server answers: it goes on where it was',
      cause: error,
    });
  }
  if (kind === undefined) throw error;
  return new CannotEvaluateError(reasonOf(error), {
    code: 'partition_refused',
    hint: 'mend what the server names, then respool backfill retry <run>',
    cause: error,
  });
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
