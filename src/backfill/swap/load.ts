import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import { kindOf } from '../../postgres/sql-error.js';
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

/** Makes the new partition and copies the slice into it: at full speed, or row by row once the server refuses one. */
export async function loadStaging(
  work: Work,
  session: Connection,
  { partition, staging, proof }: Place & { readonly proof: RowProof | undefined },
): Promise<LoadRefused> {
  // Made in a transaction of its own: while rows come in nothing is locked that others could wait for.
  await session.run(`begin; ${TIMEOUTS}; set local client_min_messages = warning; ${stagingSql(staging)}; commit`);
  const begin = `begin; ${TIMEOUTS}; truncate ${staging.names.staging}`;
  await using refused = await openRefused(work, partition);
  try {
    await session.run(begin);
    await copyWhole(work, session, { partition, staging });
    await session.run('commit');
    return { rejected: 0, rejectedChecksum: 0n, rejectedContents: 0n };
  } catch (error) {
    if (kindOf(error) !== 'data') throw error;
  }
  await session.run('rollback');
  await session.run(begin);
  const found = await copyByFrames(work, session, { partition, staging, proof, keep: refused.keep });
  await session.run('commit');
  return found;
}

interface Place {
  readonly partition: PlannedPartition;
  readonly staging: Staging;
}

/** The table was emptied in this very transaction, so its rows can be frozen at once: they need no vacuum later. */
async function copyWhole(work: Work, session: Connection, { partition, staging }: Place): Promise<void> {
  const { encoder } = work.table;
  const isBinary = encoder.format === 'binary';
  for (const stretch of await stretchesOf(work, partition)) {
    const columns = columnsOf(encoder, stretch.omitted).map(quoteName).join(', ');
    const options = `(freeze true${isBinary ? ', format binary' : ''})`;
    await session.copyIn(
      `copy ${staging.names.staging} (${columns}) from stdin with ${options}`,
      throttled(work, partition, stretch),
    );
  }
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
  const isBinary = work.table.encoder.format === 'binary';
  const rowsPerByte = stretch.rows / Math.max(1, stretch.to - stretch.from);
  if (isBinary) yield BINARY_HEADER;
  for await (const piece of rowsOf(work.slices, partition.index, stretch)) {
    await work.gate.pass(piece.length * rowsPerByte, work.finish);
    yield piece;
  }
  if (isBinary) yield BINARY_TRAILER;
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
