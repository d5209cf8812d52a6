import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import { kindOf, sqlError } from '../../postgres/sql-error.js';
import { type Batch, range } from '../../sinks/postgres/batch.js';
import { copyCarefully } from '../../sinks/postgres/careful-copy.js';
import { BINARY_HEADER, BINARY_TRAILER, columnsOf } from '../../sinks/postgres/copy-rows.js';
import { keyChecksum, keyShape } from '../../sinks/postgres/key-checksum.js';
import { sumOfHashes } from '../../sinks/postgres/row-hash.js';
import type { Verdict } from '../../sinks/sink.js';
import type { Work } from '../context.js';
import type { PlannedPartition } from '../plan.js';
import { openRefused } from '../refused.js';
import type { RowProof } from '../row-proof.js';
import { batchesOf, frameHeadsOf, keptBatch, rowsOf } from '../slices/slice.js';
import type { RefusedRows } from '../verify.js';
import { type Staging, stagingSql } from './staging.js';

const TIMEOUTS = `set local statement_timeout = 0; set local lock_timeout = '30s'; set local idle_in_transaction_session_timeout = '5min'; set local timezone = 'UTC'; set local array_nulls = on`;

/** What the server refused, and the sum over these rows where there is a proof. */
export interface LoadRefused extends RefusedRows {
  readonly rejectedContents: bigint;
}

/** So much is copied while it is certain that the server ends the transaction in time, whatever becomes of this process. */
const SMALL_BYTES = 1 << 20;

/** Makes the new partition and copies the slice into it: at full speed, or row by row once the server refuses one. */
export async function loadStaging(
  work: Work,
  session: Connection,
  { partition, staging, proof }: Place & { readonly proof: RowProof | undefined },
): Promise<LoadRefused> {
  const making = `set local client_min_messages = warning; ${stagingSql(staging)}`;
  const stretches = await stretchesOf(work, partition);
  const bytes = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  if (bytes <= SMALL_BYTES && (await copySmall(work, session, { partition, staging, making, stretches })))
    return NONE_REFUSED;
  // Made in a transaction of its own: while rows come in nothing is locked that others could wait for.
  await session.run(`begin; ${TIMEOUTS}; ${making}; commit`);
  const begin = `begin; ${TIMEOUTS}; truncate ${staging.names.staging}`;
  await using refused = await openRefused(work, partition);
  try {
    await session.run(begin);
    for (const stretch of stretches)
      await copyStretch(work, session, { staging, stretch }, throttled(work, partition, stretch));
    await session.run('commit');
    return NONE_REFUSED;
  } catch (error) {
    if (kindOf(error) !== 'data') throw error;
  }
  await session.run('rollback');
  await session.run(begin);
  const found = await copyByFrames(work, session, { partition, staging, proof, keep: refused.keep });
  await session.run('commit');
  return found;
}

const NONE_REFUSED: LoadRefused = { rejected: 0, rejectedChecksum: 0n, rejectedContents: 0n };

/**
 * Makes the new partition and copies a small slice in one transaction, which is over within the time that a lock may take. False when
 * the server refuses a row, or is too slow for that.
 */
async function copySmall(
  work: Work,
  session: Connection,
  {
    partition,
    staging,
    making,
    stretches,
  }: Place & { readonly making: string; readonly stretches: readonly Stretch[] },
): Promise<boolean> {
  await work.gate.pass(partition.rows, work.finish);
  const most = Math.max(1, Math.round(work.maxLockMs));
  const limits = `set local statement_timeout = ${most}; set local idle_in_transaction_session_timeout = ${most}`;
  try {
    await session.run(`begin; ${TIMEOUTS}; ${limits}; ${making}`);
    for (const stretch of stretches)
      await copyStretch(work, session, { staging, stretch }, rowsOf(work.slices, partition.index, stretch));
    await session.run('commit');
    return true;
  } catch (error) {
    if (kindOf(error) !== 'data' && sqlError(error)?.code !== TOO_SLOW) throw error;
    await session.run('rollback');
    return false;
  }
}

/** The server's statement timeout. */
const TOO_SLOW = '57014';

interface Place {
  readonly partition: PlannedPartition;
  readonly staging: Staging;
}

/** The table was made or emptied in this very transaction, so its rows can be frozen at once: they need no vacuum later. */
async function copyStretch(
  { table: { encoder } }: Work,
  session: Connection,
  { staging, stretch }: Pick<Place, 'staging'> & { readonly stretch: Stretch },
  rows: AsyncIterable<Uint8Array>,
): Promise<void> {
  const isBinary = encoder.format === 'binary';
  const columns = columnsOf(encoder, stretch.omitted).map(quoteName).join(', ');
  const options = `(freeze true${isBinary ? ', format binary' : ''})`;
  await session.copyIn(
    `copy ${staging.names.staging} (${columns}) from stdin with ${options}`,
    isBinary ? framed(rows) : rows,
  );
}

async function* framed(rows: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield BINARY_HEADER;
  yield* rows;
  yield BINARY_TRAILER;
}

const NO_ROWS = { omitted: 0, first: 0, end: 0 };

interface Stretch {
  readonly omitted: number;
  readonly from: number;
  to: number;
  rows: number;
}

/** Rows behind one another that have the same columns go into one COPY. */
async function stretchesOf(work: Work, partition: PlannedPartition): Promise<readonly Stretch[]> {
  const found: Stretch[] = [];
  for await (const { rowsAt, rowsBytes, encoded } of frameHeadsOf(work.slices, partition.index)) {
    const [{ omitted, first, end } = NO_ROWS] = encoded.groups;
    const last = found.at(-1);
    const rows = end - first;
    if (last !== undefined && last.omitted === omitted) {
      last.to = rowsAt + rowsBytes;
      last.rows += rows;
    } else found.push({ omitted, from: rowsAt, to: rowsAt + rowsBytes, rows });
  }
  return found;
}

async function* throttled(work: Work, partition: PlannedPartition, stretch: Stretch): AsyncGenerator<Uint8Array> {
  const rowsPerByte = stretch.rows / Math.max(1, stretch.to - stretch.from);
  for await (const piece of rowsOf(work.slices, partition.index, stretch)) {
    await work.gate.pass(piece.length * rowsPerByte, work.finish);
    yield piece;
  }
}

/** Copies frame by frame under savepoints: a row that the server refuses costs only itself. */
async function copyByFrames(
  work: Work,
  session: Connection,
  {
    partition,
    staging,
    proof,
    keep,
  }: Place & {
    readonly proof: RowProof | undefined;
    readonly keep: Awaited<ReturnType<typeof openRefused>>['keep'];
  },
): Promise<LoadRefused> {
  const { table } = work;
  const shape = keyShape(table);
  const target = { relation: staging.names.staging, partition: undefined };
  let rejected = 0;
  let rejectedChecksum = 0n;
  let rejectedContents = 0n;
  for await (const { frame, encoded } of batchesOf(work.slices, partition.index)) {
    const kept = await keptBatch(work.slices, frame.batchAt);
    const groups = encoded.groups.map((group) => ({ group, target }));
    const verdicts = new Array<Verdict | undefined>(kept.events.count).fill(undefined);
    const batch: Batch = {
      plan: table,
      encoded,
      idHashes: kept.events.idHashes,
      table: target.relation,
      groups,
      strictAt: undefined,
      otherTimes: 0,
      isOfKeys: false,
      // A table that is built anew held none of them.
      isSearched: true,
      verdicts,
    };
    for (const targeted of groups) await copyCarefully(session, batch, targeted, range(0, targeted.group.end));
    const refusedRows = [...encoded.events.entries()].flatMap(([row, event]) =>
      verdicts[event]?.kind === 'rejected' ? [row] : [],
    );
    if (refusedRows.length === 0) continue;
    rejected += refusedRows.length;
    if (shape !== undefined) rejectedChecksum += keyChecksum(encoded, refusedRows, shape);
    if (proof !== undefined) rejectedContents += sumOfHashes(proof.hashes(encoded), refusedRows);
    await keep(
      kept,
      verdicts.map((verdict) => verdict ?? { kind: 'accepted' }),
    );
  }
  return { rejected, rejectedChecksum, rejectedContents };
}
