import type { Connection } from '../../postgres/connection.js';
import { kindOf, type SqlError, sqlError } from '../../postgres/sql-error.js';
import { ACCEPTED, type Batch, DUPLICATE, judge, type TargetedGroup, without } from './batch.js';
import { copyRows } from './copy-rows.js';
import { trySearch } from './probe.js';
import { rejectionOf, SUPPRESSED } from './rejections.js';

const SMALLEST_STEP = 32;

/**
 * Copies rows so that a refused one costs only itself: each piece runs under a savepoint, a refused piece is cut in
 * front of the row that the server names, or halved when it names none, and pieces grow again while all goes well.
 */
export async function copyCarefully(
  connection: Connection,
  batch: Batch,
  { group, target }: TargetedGroup,
  rows: Uint32Array,
): Promise<void> {
  let relation = target.relation;
  let left = rows;
  let step = rows.length;
  let mayProbe = true;
  while (left.length > 0) {
    const piece = left.subarray(0, step);
    const outcome = await tryCopy(connection, batch, { group, relation }, piece);
    if (outcome.kind === 'copied') {
      judge(batch, piece, ACCEPTED);
      left = left.subarray(piece.length);
      step = Math.max(step, 1) * 2;
      continue;
    }
    if (outcome.kind === 'suppressed') {
      if (piece.length === 1 || outcome.count === 0) {
        const found = await searchSafely(connection, batch, relation, piece);
        judge(batch, found, DUPLICATE);
        judge(batch, without(piece, found), SUPPRESSED);
        left = left.subarray(piece.length);
        step = Math.max(SMALLEST_STEP, step);
      } else {
        step = Math.ceil(piece.length / 2);
      }
      continue;
    }
    const { error } = outcome;
    if (isOutsidePartition(error) && relation !== batch.table) {
      relation = batch.table;
      continue;
    }
    if (error.code === UNIQUE_VIOLATION && mayProbe) {
      const found = await searchSafely(connection, batch, relation, left);
      judge(batch, found, DUPLICATE);
      left = without(left, found);
      mayProbe = found.length > 0;
      continue;
    }
    const line = lineOf(error, piece.length);
    if (piece.length > 1 && line !== 1) {
      step = line === undefined ? Math.ceil(piece.length / 2) : line - 1;
      continue;
    }
    await judgeRow(connection, batch, { relation, row: left.subarray(0, 1) }, error);
    left = left.subarray(1);
    step = Math.max(SMALLEST_STEP, step);
    mayProbe = true;
  }
}

const UNIQUE_VIOLATION = '23505';

type Attempt =
  | { readonly kind: 'copied' }
  | { readonly kind: 'suppressed'; readonly count: number }
  | { readonly kind: 'refused'; readonly error: SqlError };

async function tryCopy(
  connection: Connection,
  batch: Batch,
  place: { readonly group: TargetedGroup['group']; readonly relation: string },
  rows: Uint32Array,
): Promise<Attempt> {
  await connection.run('savepoint piece');
  try {
    const count = await copyRows(connection, batch, place, rows);
    if (count === rows.length) {
      await connection.run('release savepoint piece');
      return { kind: 'copied' };
    }
    await connection.run('rollback to savepoint piece; release savepoint piece');
    return { kind: 'suppressed', count };
  } catch (error) {
    const answer = sqlError(error);
    if (answer === undefined || kindOf(error) !== 'data') throw error;
    await connection.run('rollback to savepoint piece; release savepoint piece');
    return { kind: 'refused', error: answer };
  }
}

/** The rows whose keys are there; none when one of the keys is nothing that the server could search for. */
async function searchSafely(
  connection: Connection,
  batch: Batch,
  relation: string,
  rows: Uint32Array,
): Promise<Uint32Array> {
  return (await trySearch(connection, batch, relation, rows)) ?? rows.subarray(0, 0);
}

/**
 * A row that breaks a unique constraint is a duplicate only when its own key is there; so is one that is refused for anything
 * else, which is known already where keys have been looked up.
 */
async function judgeRow(
  connection: Connection,
  batch: Batch,
  { relation, row }: { readonly relation: string; readonly row: Uint32Array },
  error: SqlError,
): Promise<void> {
  const mayBeThere = error.code === UNIQUE_VIOLATION || !batch.isSearched;
  const isThere = mayBeThere && (await searchSafely(connection, batch, relation, row)).length > 0;
  judge(batch, row, isThere ? DUPLICATE : rejectionOf(error));
}

/** The partition's bounds do not hold the row, in whatever language it is said: the server has to find the one that does. */
function isOutsidePartition({ code, constraint }: SqlError): boolean {
  return code === '23514' && constraint === undefined;
}

/** The row of the piece that the server names, from 1; undefined when it names none. */
function lineOf({ where }: SqlError, count: number): number | undefined {
  const match = /^COPY .*, line (\d+)/m.exec(where ?? '');
  const line = match === null ? 0 : Number(match[1]);
  return line >= 1 && line <= count ? line : undefined;
}
