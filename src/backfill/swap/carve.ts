import { CannotEvaluateError } from '../../errors.js';
import { pause } from '../../pause.js';
import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import { qualified } from '../../sinks/postgres/partition-map.js';
import type { Work } from '../context.js';
import { inTurn, releaseCarving, takeCarving } from '../holders.js';
import type { PlannedPartition } from '../plan.js';
import { relationOf } from '../target.js';
import { analyze } from './analyze.js';
import { type Capture, captureSql, endCaptureSql, syncSql } from './capture.js';
import { catchUp } from './catch-up.js';
import { copyRest } from './copy-rest.js';
import { type Locking, underLock } from './exchange.js';
import { dressAsManaged, prepare } from './prepare.js';
import { putIn } from './put-in-place.js';
import {
  boundsOfRest,
  clearRest,
  dropShields,
  isCarving,
  keptRestName,
  putRestIn,
  type Rest,
  restOf,
  restStaging,
  takeRestOut,
} from './rest.js';
import { buildIndexes, dress, type Staging, stagingSql } from './staging.js';
import type { Way } from './way.js';

/** What is deleted, and what is looked through, while others are kept out: more than that is not moved under a lock. */
const FEW_ROWS = 10_000;
const SMALL_BYTES = 64 << 20;
/** So many partitions are put in place at once. */
const AT_ONCE = 50;

/**
 * Makes partitions out of a DEFAULT partition that is too large to be emptied or looked through under a lock. Its rows are
 * copied in bounded steps: those of partitions that are to be made into these, all others into a new DEFAULT partition; what others
 * write meanwhile is carried over. Then one short transaction puts all of them in the place of the old one, which is kept.
 * Resolves to the oid of the partition, which holds what DEFAULT held for it; undefined when DEFAULT is small, or there is none.
 */
export async function carveOut(
  work: Work,
  session: Connection,
  { partition, liveOid }: { readonly partition: PlannedPartition; readonly liveOid: string | undefined },
): Promise<string | undefined> {
  const before = await restOf(work, session);
  // What a process has left that was killed behind the last step is still to be cleared away.
  if (before === undefined || (liveOid !== undefined && !(await isCarving(session, before)))) return liveOid;
  while (!(await takeCarving(session, before.oid))) await pause(500, work.finish);
  try {
    const { oid } = await relationOf(session, work.table, partition);
    const rest = await restOf(work, session);
    if (rest !== undefined) await clearRest(session, rest, lockingOf(work));
    // Whoever had the turn before may have made it.
    if (oid !== undefined || rest === undefined) return oid;
    const ways = await waysOf(work, session, partition);
    if (!(await isLarge(session, rest, ways[0]))) return undefined;
    if (!rest.isPlain) throw notPlain(rest);
    work.tell(`DEFAULT partition ${rest.relation} is built anew without the rows of ${ways.length} partitions`);
    await carve(work, session, { rest, ways });
    return (await relationOf(session, work.table, partition)).oid;
  } finally {
    await session.run('rollback').catch(() => undefined);
    await releaseCarving(session, before.oid).catch(() => undefined);
  }
}

/** The partition and others that the run will make. */
async function waysOf(work: Work, session: Connection, partition: PlannedPartition): Promise<readonly Way[]> {
  const ways = [await prepare(work, session, { partition, liveOid: undefined })];
  for (const other of work.plan.partitions) {
    if (ways.length === AT_ONCE) break;
    const isAhead = other.index !== partition.index && other.rows > 0 && other.rowsInDefault > 0;
    if (!isAhead || (await relationOf(session, work.table, other)).oid !== undefined) continue;
    ways.push(await prepare(work, session, { partition: other, liveOid: undefined }));
  }
  return ways;
}

function notPlain({ relation }: Rest): CannotEvaluateError {
  return new CannotEvaluateError(
    `more than ${FEW_ROWS.toLocaleString('en')} rows have to come out of the DEFAULT partition ${relation}, which is cut into partitions itself or a foreign table: it cannot be built anew`,
    {
      code: 'rows_in_default',
      hint: 'move them into a partition of their own, in steps, then respool backfill retry <run>',
    },
  );
}

async function isLarge(session: Connection, { relation }: Rest, way: Way | undefined): Promise<boolean> {
  const [row] = await session.rows(
    `select pg_relation_size($1::regclass) > ${SMALL_BYTES} or
       (select count(*) from (select from ${relation} where ${way?.staging.within} limit ${FEW_ROWS + 1}) r) > ${FEW_ROWS} as is_large`,
    [relation],
  );
  return row?.is_large === true;
}

interface Carving {
  readonly rest: Rest;
  readonly ways: readonly Way[];
}

async function carve(work: Work, session: Connection, { rest, ways }: Carving): Promise<void> {
  const { table } = work;
  const locking = lockingOf(work);
  const taken = ways.map(({ staging }) => `(${staging.within})`);
  const staging = await restStaging(work, session, { rest, taken });
  const all: readonly Staging[] = [staging, ...ways.map((way) => way.staging)];
  const capture: Capture = {
    names: rest.names,
    table,
    from: rest.relation,
    to: all.map(({ names, within }) => ({ relation: names.staging, within })),
    columns: staging.model.columns.filter(({ isGenerated }) => !isGenerated).map(({ name }) => quoteName(name)),
  };
  await refuseUnkeyed(session, capture);
  await session.run('set client_min_messages = warning');
  for (const each of all) await session.run(stagingSql(each));
  await dropShields(session, rest);
  await underLock(session, { locks: [], statements: captureSql(capture) }, locking);
  try {
    const pass = (rows: number) => work.gate.pass(rows, work.finish);
    await copyRest(session, capture, pass);
    for (const each of all) await buildIndexes(session, each, (sql) => session.run(sql));
    await catchUp(session, capture, { name: rest.names.liveName, pass });
    // Triggers of the partition's own are made only now: what is copied was written before, and has fired them.
    for (const each of all) await dress(session, each);
    for (const way of ways) await dressAsManaged(work, session, way);
    for (const each of all) await analyze(session, each);
    const made = ways.map(({ partition }) => partition);
    for (const sql of boundsOfRest(work, rest, made)) await session.run(sql);
    await catchUp(session, capture, { name: rest.names.liveName, pass: async () => undefined });
    await exchangeAll(work, session, { rest, ways, staging, capture });
  } catch (error) {
    await abandon(session, { rest, all }, locking).catch(() => undefined);
    throw error;
  }
  await clearRest(session, rest, locking);
}

async function exchangeAll(
  work: Work,
  session: Connection,
  { rest, ways, staging, capture }: Carving & { readonly staging: Staging; readonly capture: Capture },
): Promise<void> {
  const parent = qualified(work.table.table);
  const { model } = staging;
  const keptAs = await keptRestName(session, rest);
  const statements = [
    ...syncSql(capture, undefined),
    ...endCaptureSql(rest.names, rest.relation),
    ...takeRestOut(parent, rest, { model, as: keptAs }),
    ...ways.flatMap(putIn),
    ...putRestIn(parent, rest, { model, keptAs }),
  ];
  const turn = { tableOid: work.table.table.oid ?? '0', signal: work.finish };
  const lock = { locks: [parent, rest.relation], statements };
  const lockedMs = await inTurn(session, turn, () => underLock(session, lock, lockingOf(work)));
  work.tell(`rows of ${ways.length} partitions have come out of ${rest.relation}, locked for ${lockedMs} ms`);
}

async function abandon(
  session: Connection,
  { rest, all }: { readonly rest: Rest; readonly all: readonly Staging[] },
  locking: Locking,
): Promise<void> {
  await session.run('rollback');
  await clearRest(session, rest, locking);
  for (const { names } of all) await session.run(`drop table if exists ${names.staging}`);
}

/** Rows are carried over by their keys: one without a key would be lost. */
async function refuseUnkeyed(session: Connection, { table, from }: Capture): Promise<void> {
  const isUnkeyed = table.key.map(({ column }) => `${quoteName(column.name)} is null`).join(' or ');
  const [row] = await session.rows(`select exists (select from ${from} where ${isUnkeyed}) as is_there`);
  if (row?.is_there !== true) return;
  throw new CannotEvaluateError(
    `the DEFAULT partition ${from} holds rows without a key, which cannot be carried over`,
    {
      code: 'rows_in_default',
      hint: 'give them one or move them elsewhere, then respool backfill retry <run>',
    },
  );
}

function lockingOf({ maxLockMs, tell, finish }: Work): Locking {
  return { maxLockMs, tell, finish };
}
