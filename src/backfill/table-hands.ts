import { IncompleteError, RespoolError } from '../errors.js';
import type { Connection } from '../postgres/connection.js';
import { reasonOf } from '../postgres/retry.js';
import { kindOf } from '../postgres/sql-error.js';
import type { Hands, Look } from './backfill-target.js';
import type { Work } from './context.js';
import { KEEP_ALIVE, releasePartition, takePartition, takePartitionOver } from './holders.js';
import { insertSlice } from './insert.js';
import { makeByPartman } from './partman.js';
import type { PlannedPartition, PlannedUnit } from './plan.js';
import { swapSlice } from './swap/swap.js';
import { relationOf } from './target.js';
import { compareSlice, countSlice, hex, judge, judgeOthers, notVerified } from './verify.js';

/** Fills the partitions of a table by the method of the plan, and looks into them again. */
export function tableHands(work: Work): Hands {
  const { database, signal } = work;
  return {
    fill: (unit) => database.use((session) => fillAlone(work, session, partitionOf(work, unit)), signal),
    verify: (unit) => database.use((session) => verifyAgain(work, session, partitionOf(work, unit)), signal),
  };
}

function partitionOf({ plan }: Work, { index }: PlannedUnit): PlannedPartition {
  const partition = plan.partitions.find((each) => each.index === index);
  if (partition === undefined) throw new Error(`the plan of run ${plan.run} has no partition ${index}`);
  return partition;
}

async function fillAlone(work: Work, session: Connection, partition: PlannedPartition): Promise<void> {
  const tableOid = work.table.table.oid ?? '';
  await session.run(KEEP_ALIVE);
  const place = { tableOid, fromUs: partition.fromUs, signal: work.finish };
  const isTaken = await takePartition(session, tableOid, partition.fromUs);
  if (!isTaken && !(work.takesOver === true && (await takePartitionOver(session, place)))) {
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
  const asked = { connection: session, table, relation };
  const slice = { slices: work.slices, partition };
  const compared = work.plan.verify === 'rows' ? await compareSlice(asked, slice) : undefined;
  const refused = { rejected: loaded.rejected, rejectedChecksum };
  const keys = judge(partition, refused, compared ?? (await countSlice(asked, slice)));
  const verification = compared === undefined ? keys : judgeOthers(keys, compared, loaded.duplicate);
  if (!verification.agrees) throw notVerified(partition, verification);
  await states.set(partition.index, {
    state: 'done',
    verified: true,
    evidence: verification.evidence,
    ...(compared !== undefined && { otherValues: compared.others }),
    endedAt: new Date().toISOString(),
    ...(partition.oid === undefined && oid !== undefined && { newOid: oid }),
  });
}

async function verifyAgain(work: Work, session: Connection, partition: PlannedPartition): Promise<Look> {
  const { rejected, rejectedChecksum = '0', duplicate, otherValues } = work.states.of(partition.index);
  try {
    const { relation } = await relationOf(session, work.table, partition);
    const asked = { connection: session, table: work.table, relation };
    const slice = { slices: work.slices, partition };
    const refused = { rejected, rejectedChecksum: BigInt(`0x${rejectedChecksum}`) };
    const compared = await compareSlice(asked, slice);
    const keys = judge(partition, refused, compared ?? (await countSlice(asked, slice)));
    const { agrees, evidence } = compared === undefined ? keys : judgeOthers(keys, compared, otherValues ?? duplicate);
    return { change: { verified: agrees, evidence }, exitCode: agrees ? 0 : 1 };
  } catch (error) {
    if (kindOf(error) === undefined && !(error instanceof RespoolError)) throw error;
    work.tell(`${partition.name} could not be counted: ${reasonOf(error)}`);
    return { change: { verified: false, evidence: `could not be counted: ${reasonOf(error)}` }, exitCode: 2 };
  }
}
