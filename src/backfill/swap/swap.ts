import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import type { Work } from '../context.js';
import { inTurn } from '../holders.js';
import type { PlannedPartition } from '../plan.js';
import { proofOfSlice, sumOfSlice } from '../row-proof.js';
import { currentSnapshot, relationOf } from '../target.js';
import { addCounted, compareSlice, countRelation, hex, judge, judgeContents, notVerified } from '../verify.js';
import { analyze } from './analyze.js';
import { build } from './build.js';
import { captureSql, endCaptureSql, forgetCaptureSql, notedWrites, seedCapture } from './capture.js';
import { carveOut } from './carve.js';
import { catchUp } from './catch-up.js';
import { type Locking, underLock } from './exchange.js';
import { loadStaging } from './load.js';
import { swapNames } from './names.js';
import { dressAsManaged, prepare } from './prepare.js';
import { exchange, shieldFallback } from './put-in-place.js';
import { dress, type Staging } from './staging.js';
import type { Way } from './way.js';

/** Until the swap itself nothing has to outlive a crash of the server: it would be built anew. */
const BUILDING = `set synchronous_commit = off; set statement_timeout = 0; set lock_timeout = '30s'; set timezone = 'UTC'; set datestyle = 'ISO'`;

/**
 * Builds a new partition out of a slice, verifies it, and puts it in the place of the live one in a single short
 * transaction. What others write to the live partition meanwhile is carried over. An attempt that was cut off anywhere
 * leaves nothing that this one could stumble over.
 */
export async function swapSlice(work: Work, session: Connection, partition: PlannedPartition): Promise<void> {
  const { states, table } = work;
  await session.run(BUILDING);
  const { oid: liveOid } = await relationOf(session, table, partition);
  if (liveOid !== undefined && states.of(partition.index).newOid === liveOid) {
    await forget(session, swapNames(work.plan.run, partition));
    await states.set(partition.index, { state: 'done', verified: true, endedAt: new Date().toISOString() });
    return;
  }
  const carvedOid = await carveOut(work, session, { partition, liveOid });
  const way = await prepare(work, session, { partition, liveOid: carvedOid });
  try {
    await buildAndExchange(work, session, way);
  } catch (error) {
    // Before another attempt nothing of this one may stay in the way of those who write to the live partition.
    if (!work.signal.aborted) await abandon(session, way, lockingOf(work)).catch(() => undefined);
    throw error;
  }
}

async function buildAndExchange(work: Work, session: Connection, way: Way): Promise<void> {
  const { states, table } = work;
  const { partition, liveOid } = way;
  await beginCapture(work, session, way);
  const proof = await proofOfSlice(work, partition);
  const refused = await loadStaging(work, session, { ...way, proof });
  // What the source has is added up while the server sorts.
  const [repeats, contents] = await Promise.all([
    build(session, way.staging, { table, proof }),
    proof && sumOfSlice(work, partition, proof),
  ]);
  await states.set(partition.index, { state: 'verifying', ...refusedOf(refused) });
  const asked = { connection: session, table, relation: way.staging.names.staging };
  const found = await countRelation(asked, proof);
  const all = addCounted(found, repeats);
  const keys = judge(partition, refused, all);
  const sums = { wanted: BigInt.asUintN(64, (contents ?? 0n) - refused.rejectedContents), found: all.contents };
  const verification = proof === undefined ? keys : judgeContents(keys, sums, proof.shape.left);
  if (!verification.agrees) throw notVerified(partition, verification);
  const others = repeats.rows > 0 ? (await compareSlice(asked, { slices: work.slices, partition }))?.others : 0;
  await dress(session, way.staging);
  await dressAsManaged(work, session, way);
  await analyze(session, way.staging);
  await shieldFallback(session, way, lockingOf(work));
  if (way.capture !== undefined)
    await catchUp(session, way.capture, { name: partition.name, pass: async () => undefined });
  await states.set(partition.index, {
    state: 'swapping',
    accepted: found.rows,
    duplicate: repeats.rows,
    evidence: verification.evidence,
    ...(others !== undefined && { otherValues: others }),
    newOid: await oidOf(session, way.staging.names.staging),
    snapshot: await currentSnapshot(session),
    ...(liveOid !== undefined && { oldOid: liveOid, oldName: way.staging.names.oldName }),
  });
  const turn = { tableOid: table.table.oid ?? '0', signal: work.finish };
  const lockedMs = await inTurn(session, turn, async () => {
    await rememberPartitions(session, way);
    return exchange(session, way, lockingOf(work));
  });
  const carriedOver = way.capture === undefined ? 0 : await notedWrites(session, way.capture);
  await forget(session, way.staging.names);
  await states.set(partition.index, {
    state: 'done',
    verified: true,
    carriedOver,
    lockedMs,
    endedAt: new Date().toISOString(),
  });
}

/**
 * Has the server read the list of partitions before the lock: of a table with thousands of them that takes as long as attaching one
 * (`RelationBuildPartitionDesc` in partdesc.c). Whatever goes wrong with it only makes the lock longer.
 */
async function rememberPartitions(session: Connection, { parent, staging }: Way): Promise<void> {
  await session.run(`explain select from ${parent} where ${staging.within}`).catch(() => undefined);
}

/** From here on nothing that is written to the live partition is lost; what was written since the plan is noted now. */
async function beginCapture(work: Work, session: Connection, { capture, liveOid, partition }: Way): Promise<void> {
  if (capture === undefined) return;
  await underLock(session, { locks: [], statements: captureSql(capture) }, lockingOf(work));
  const isLive = liveOid !== undefined && liveOid === partition.oid;
  await seedCapture(session, capture, isLive ? work.plan.snapshot : undefined);
}

/** Takes back what an attempt has made, the swap itself excepted. */
async function abandon(
  session: Connection,
  { staging, capture, fallback, liveOid }: Way,
  locking: Locking,
): Promise<void> {
  const { names } = staging;
  await session.run('rollback');
  if (capture !== undefined) {
    await underLock(session, { locks: [], statements: endCaptureSql(names, capture.from) }, locking);
  }
  if (fallback !== undefined && liveOid !== undefined) {
    const shield = quoteName(names.trigger);
    await underLock(
      session,
      { locks: [], statements: [`alter table ${fallback} drop constraint if exists ${shield}`] },
      locking,
    );
  }
  await session.run(`set client_min_messages = warning; drop table if exists ${names.staging}`);
  await forget(session, names);
}

async function forget(session: Connection, names: Staging['names']): Promise<void> {
  await session.run(`set client_min_messages = warning; ${forgetCaptureSql(names)}`);
}

async function oidOf(session: Connection, relation: string): Promise<string> {
  const [row] = await session.rows(`select to_regclass($1)::oid::text as oid`, [relation]);
  return String(row?.oid);
}

function lockingOf({ maxLockMs, tell, finish }: Work): Locking {
  return { maxLockMs, tell, finish };
}

function refusedOf({ rejected, rejectedChecksum }: { readonly rejected: number; readonly rejectedChecksum: bigint }) {
  return { rejected, rejectedChecksum: hex(rejectedChecksum) };
}
