import type { Connection } from '../../postgres/connection.js';
import { kindOf } from '../../postgres/sql-error.js';
import { ACCEPTED, type Batch, DUPLICATE, judge, range, verdictOf, without } from './batch.js';
import { copyCarefully } from './careful-copy.js';
import { copyRows } from './copy-rows.js';
import type { KnownKeys } from './known-keys.js';
import { otherTimesAmong } from './other-times.js';
import { PLANNING } from './planning.js';
import { holdsAll, probe } from './probe.js';
import { refuseOtherTimes, withoutRefused } from './strict-id.js';
import type { Tempo } from './tempo.js';

/** What is told as accepted survives a crash of the server; a setting that waits for more than its disk stays. */
const DURABLE = `select set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end, true)`;
/**
 * The statements that open a batch's transaction: nothing outlives it, as PgBouncer's transaction mode demands. A session
 * that was left behind gives its locks back after a while, and nobody waits for them without end.
 */
const BEGIN =
  `begin isolation level read committed; set local statement_timeout = 0; set local lock_timeout = '30s'; ` +
  `set local idle_in_transaction_session_timeout = '5min'; ${DURABLE}; ` +
  `set local timezone = 'UTC'; set local array_nulls = on; ${PLANNING}; set constraints all immediate`;

/** What is known from the batches before. */
export interface Experience {
  readonly tempo: Tempo;
  readonly knownKeys: KnownKeys | undefined;
}

/**
 * Writes a batch inside a transaction that is left open, and gives every event its verdict. The fast way copies each
 * group at once; the first refusal rolls back, and the batch is written again with care.
 */
export async function writeBatch(
  connection: Connection,
  batch: Batch,
  { tempo, knownKeys }: Experience,
): Promise<void> {
  await connection.run(BEGIN);
  let remaining = batch.groups.map(({ group }) => range(group.first, group.firstRepeat));
  if (batch.strictAt !== undefined) {
    await refuseOtherTimes(connection, batch, batch.strictAt);
    remaining = remaining.map((rows) => withoutRefused(batch, rows));
  }
  let isCareful = tempo.isCareful;
  // Whether a row that is refused was there before can only be told beforehand.
  if (!batch.isSearched && (tempo.probesFirst || isCareful)) {
    const left = await dropExisting(connection, batch, remaining, holdingBy(tempo, knownKeys));
    isCareful ||= left === undefined;
    remaining = left ?? remaining;
  }
  if (!isCareful) {
    isCareful = !(await copySwiftly(connection, batch, remaining));
    if (isCareful) await connection.run(`rollback; ${BEGIN}`);
    if (isCareful) remaining = (await dropExisting(connection, batch, remaining)) ?? remaining;
  }
  if (isCareful) await copyAll(connection, batch, remaining);
  await settleRepeats(connection, batch);
}

/** Looks the keys of all rows up inside a transaction that is left open, and answers as `dropExisting`. */
export async function searchBatch(
  connection: Connection,
  batch: Batch,
  { tempo, knownKeys }: Experience,
): Promise<Uint32Array[] | undefined> {
  await connection.run(BEGIN);
  const rows = batch.groups.map(({ group }) => range(group.first, group.end));
  return dropExisting(connection, batch, rows, holdingBy(tempo, knownKeys));
}

/** Whether a relation holds the keys of all rows, and whether it holds each of their ids only once; `none` tells nothing. */
type Holding = (
  connection: Connection,
  batch: Batch,
  relation: string,
  rows: Uint32Array,
) => Promise<'none' | 'all' | 'all once'>;

const holdsNone: Holding = async () => 'none';

/** Where all rows are expected to be there, that is asked first: it costs the least, and false tells nothing. */
function holdingBy({ expectsAll }: Tempo, known: KnownKeys | undefined): Holding {
  if (!expectsAll) return holdsNone;
  return async (...asked) => {
    if ((await known?.holdsAll(...asked)) === true) return 'all once';
    return (await holdsAll(...asked)) ? 'all' : 'none';
  };
}

/**
 * The rows of each group whose keys are not there, while all others become duplicates; undefined, in a fresh transaction, when
 * one of the keys cannot be searched for.
 */
async function dropExisting(
  connection: Connection,
  batch: Batch,
  remaining: readonly Uint32Array[],
  holding: Holding = holdsNone,
): Promise<Uint32Array[] | undefined> {
  const { otherTimes } = batch;
  try {
    const left = await searchEach(connection, batch, remaining, holding);
    batch.isSearched = true;
    return left;
  } catch (error) {
    if (kindOf(error) !== 'data') throw error;
    batch.otherTimes = otherTimes;
    await connection.run(`rollback; ${BEGIN}`);
    return undefined;
  }
}

async function searchEach(
  connection: Connection,
  batch: Batch,
  remaining: readonly Uint32Array[],
  holding: Holding,
): Promise<Uint32Array[]> {
  const left: Uint32Array[] = [];
  for (const [at, { target }] of batch.groups.entries()) {
    const rows = remaining[at] ?? range(0, 0);
    const held = await holding(connection, batch, target.relation, rows);
    if (batch.isOfKeys && held !== 'all once') batch.otherTimes += otherTimesAmong(batch, rows);
    if (held !== 'none') {
      judge(batch, rows, DUPLICATE);
      left.push(range(0, 0));
      continue;
    }
    const { existing, otherTimes } = await probe(connection, batch, target.relation, rows);
    batch.otherTimes += otherTimes;
    judge(batch, existing, DUPLICATE);
    left.push(without(rows, existing));
  }
  return left;
}

/** Whether every row was taken. */
async function copySwiftly(connection: Connection, batch: Batch, remaining: readonly Uint32Array[]): Promise<boolean> {
  try {
    for (const [at, { group, target }] of batch.groups.entries()) {
      const rows = remaining[at] ?? range(0, 0);
      if (rows.length === 0) continue;
      const count = await copyRows(connection, batch, { group, relation: target.relation }, rows);
      if (count !== rows.length) return false;
      judge(batch, rows, ACCEPTED);
    }
    return true;
  } catch (error) {
    if (kindOf(error) !== 'data') throw error;
    return false;
  }
}

async function copyAll(connection: Connection, batch: Batch, remaining: readonly Uint32Array[]): Promise<void> {
  for (const [at, targeted] of batch.groups.entries()) {
    await copyCarefully(connection, batch, targeted, remaining[at] ?? range(0, 0));
  }
}

/** Rows that repeat a key of the batch are duplicates, unless the row that they repeat was refused. */
async function settleRepeats(connection: Connection, batch: Batch): Promise<void> {
  for (const targeted of batch.groups) {
    const { firstRepeat, end, repeated } = targeted.group;
    const repeats = withoutRefused(batch, range(firstRepeat, end));
    const orphans = repeats.filter((row) => verdictOf(batch, repeated[row - firstRepeat] ?? 0)?.kind === 'rejected');
    judge(batch, without(repeats, orphans), DUPLICATE);
    await copyCarefully(connection, batch, targeted, orphans);
  }
}
