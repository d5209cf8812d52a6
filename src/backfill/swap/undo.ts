import { CannotEvaluateError } from '../../errors.js';
import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import { boundsSql } from '../../sinks/postgres/partition-bounds.js';
import { qualified } from '../../sinks/postgres/partition-map.js';
import { cut } from '../../sinks/postgres/partition-names.js';
import type { Work } from '../context.js';
import type { PlannedPartition } from '../plan.js';
import { countRows, relationOf, withinSql } from '../target.js';
import {
  type Capture,
  captureSql,
  changesLeft,
  endCaptureSql,
  forgetCaptureSql,
  SYNC_KEYS,
  seedCapture,
  syncSql,
  youngerThan,
} from './capture.js';
import { type Locking, underLock } from './exchange.js';
import { renameStatisticsSql } from './extended-statistics.js';
import { readModel } from './model.js';
import { BOUNDS, type SwapNames, swapNames } from './names.js';
import { moveMembershipsSql } from './publications.js';
import { clearRest, keptRests, restOf } from './rest.js';
import { switchSql } from './staging.js';

const FEW = 500;

/**
 * Takes back what a run has done to one partition: puts the old one in its place again, with what others have written to
 * the new one since; takes out one that the run had made; clears away what an attempt that was cut off has left.
 * Resolves to a sentence about what was done.
 * @throws CannotEvaluateError `cannot_undo` where something would be lost.
 */
export async function undoPartition(work: Work, session: Connection, partition: PlannedPartition): Promise<string> {
  const { states, plan, table } = work;
  const names = swapNames(plan.run, partition);
  const { state, oldOid, newOid } = states.of(partition.index);
  const { oid: liveOid } = await relationOf(session, table, partition);
  const isOurs = newOid !== undefined && newOid === liveOid;
  const undo = { work, session, partition, names };
  if (!isOurs) {
    if (state === 'done' && plan.method === 'insert' && partition.oid !== undefined) throw insertedInto(partition);
    await clearAway(undo);
    await states.set(partition.index, { state: 'undone' });
    return state === 'done' ? 'is no longer what the run had made of it: nothing to undo' : 'cleared away';
  }
  const text = oldOid === undefined ? await takeOutMade(undo) : await putBack(undo);
  await session.run(`set client_min_messages = warning; ${forgetCaptureSql(names)}`);
  await states.set(partition.index, { state: 'undone', endedAt: new Date().toISOString() });
  return text;
}

interface Undo {
  readonly work: Work;
  readonly session: Connection;
  readonly partition: PlannedPartition;
  readonly names: SwapNames;
}

/** The old partition comes back, with every row that was written to the new one since the swap. */
async function putBack({ work, session, partition, names }: Undo): Promise<string> {
  const { table, states } = work;
  const within = withinSql(table, partition);
  const parent = qualified(table.table);
  const locking = lockingOf(work);
  const model = await readModel(session, states.of(partition.index).newOid ?? '');
  const old = await readModel(session, states.of(partition.index).oldOid ?? '');
  const columns = model.columns.filter(({ isGenerated }) => !isGenerated).map(({ name }) => quoteName(name));
  const capture: Capture = { names, table, from: names.live, to: [{ relation: names.old, within }], columns };
  await underLock(session, { locks: [], statements: captureSql(capture) }, locking);
  await seedCapture(session, capture, states.of(partition.index).snapshot);
  await session.run(
    `alter table ${names.old} drop constraint if exists ${BOUNDS}; alter table ${names.old} add constraint ${BOUNDS} check (${within})`,
  );
  const { left: written } = await changesLeft(session, capture);
  for (let left = written; left > FEW; { left } = await changesLeft(session, capture)) {
    for (let done = 0; done < left; done += SYNC_KEYS)
      await session.run(`begin; ${syncSql(capture).join('; ')}; commit`);
  }
  const suffix = names.oldName.slice(names.oldName.lastIndexOf('_before_'));
  const undone = names.undoneName.slice(names.undoneName.lastIndexOf('_undone_'));
  const statements = [
    ...syncSql(capture, undefined),
    ...endCaptureSql(names, names.live),
    `alter table ${parent} detach partition ${names.live}`,
    ...model.indexes.map(({ name }) => renamed(partition, name, cut(name, undone))),
    ...model.statistics.map((each) => renameStatisticsSql(each, each.name, cut(each.name, undone))),
    `alter table ${names.live} rename to ${quoteName(names.undoneName)}`,
    ...old.statistics.map((each) =>
      renameStatisticsSql(each, each.name, withoutSuffix(each.name, suffix, model.statistics)),
    ),
    ...old.indexes.map(({ name }) => renamed(partition, name, withoutSuffix(name, suffix, model.indexes))),
    `alter table ${names.old} rename to ${quoteName(names.liveName)}`,
    `alter table ${parent} attach partition ${names.live} ${boundsSql(partition, table.timeType ?? 'timestamptz')}`,
    `alter table ${names.live} drop constraint ${BOUNDS}`,
    ...model.switched.flatMap((trigger) => switchSql(names.live, trigger)),
    ...moveMembershipsSql(model.publications, names.undone, names.live),
  ];
  await underLock(session, { locks: [parent, names.live, names.old], statements }, locking);
  return written === 0 ? 'the old partition is back' : `the old partition is back, with ${written} keys written since`;
}

/** A name that was cut to make room for the suffix is found again by its beginning. */
function withoutSuffix(name: string, suffix: string, current: readonly { readonly name: string }[]): string {
  const before = name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
  return current.find((index) => cut(index.name, suffix) === name)?.name ?? before;
}

function renamed({ schema }: PlannedPartition, from: string, to: string): string {
  return `alter index ${qualified({ schema, name: from })} rename to ${quoteName(to)}`;
}

/** A partition that the run had made is taken out, unless others have written into it. */
async function takeOutMade({ work, session, partition, names }: Undo): Promise<string> {
  const { states, table, plan } = work;
  const { snapshot, accepted } = states.of(partition.index);
  const parent = qualified(table.table);
  const foreign =
    snapshot === undefined
      ? (await countRows(session, names.live)) - accepted
      : await countRows(session, names.live, youngerThan(snapshot));
  if (foreign > 0 || partition.rowsInDefault > 0) {
    throw new CannotEvaluateError(
      foreign > 0
        ? `partition ${partition.name} was made by run ${plan.run}, and ${foreign} rows of others have come into it since`
        : `partition ${partition.name} holds ${partition.rowsInDefault} rows that were in the DEFAULT partition before`,
      { code: 'cannot_undo', hint: 'move those rows elsewhere, or leave the partition as it is' },
    );
  }
  const refuse =
    snapshot === undefined
      ? `select count(*) - ${accepted} from ${names.live}`
      : `select count(*) from ${names.live} where ${youngerThan(snapshot)}`;
  const guard = `do $respool_guard$ begin if (${refuse}) > 0 then raise exception 'rows have come in meanwhile' using errcode = '55000'; end if; end $respool_guard$`;
  const statements = [
    guard,
    `alter table ${parent} detach partition ${names.live}`,
    `alter table ${names.live} rename to ${quoteName(names.undoneName)}`,
  ];
  await underLock(session, { locks: [parent, names.live], statements }, lockingOf(work));
  return 'taken out: the run had made it';
}

/** What an attempt that was cut off has left: the new partition, the capture, the shield of DEFAULT. */
async function clearAway({ work, session, partition, names }: Undo): Promise<void> {
  const { table } = work;
  const locking = lockingOf(work);
  const fallback = table.table.partitions.find(({ isDefault }) => isDefault);
  const rest = await restOf(work, session);
  if (rest !== undefined) await clearRest(session, rest, locking);
  const { oid } = await relationOf(session, table, partition);
  const written = [oid === undefined ? undefined : names.live, fallback && qualified(fallback)];
  for (const relation of written) {
    if (relation === undefined) continue;
    await underLock(session, { locks: [], statements: endCaptureSql(names, relation) }, locking);
  }
  if (fallback !== undefined) {
    const drop = `alter table ${qualified(fallback)} drop constraint if exists ${quoteName(names.trigger)}`;
    await underLock(session, { locks: [], statements: [drop] }, locking);
  }
  await session.run(
    `set client_min_messages = warning; drop table if exists ${names.staging}; ${forgetCaptureSql(names)}`,
  );
}

/** Drops what a swap or its undoing has kept. Resolves to the names. */
export async function dropKept(
  work: Work,
  session: Connection,
  partition: PlannedPartition,
): Promise<readonly string[]> {
  const { states, plan } = work;
  const names = swapNames(plan.run, partition);
  const { state } = states.of(partition.index);
  const dropped: string[] = [];
  for (const [name, relation] of [
    [names.oldName, names.old],
    [names.undoneName, names.undone],
  ] as const) {
    const [row] = await session.rows(
      `select exists (select from pg_inherits where inhrelid = to_regclass($1)) as attached, to_regclass($1) is not null as is_there`,
      [relation],
    );
    if (row?.is_there !== true || row.attached === true) continue;
    await session.run(`set lock_timeout = '30s'; drop table ${relation}`);
    dropped.push(name);
  }
  dropped.push(...(await dropKeptRests(work, session)));
  if (state === 'done') await states.set(partition.index, { dropped: true });
  return dropped;
}

/** DEFAULT partitions out of which rows were moved. */
async function dropKeptRests(work: Work, session: Connection): Promise<readonly string[]> {
  const rest = await restOf(work, session);
  if (rest === undefined) return [];
  const kept = await keptRests(session, rest);
  for (const name of kept) await session.run(`drop table ${qualified({ schema: rest.schema, name })}`);
  return kept;
}

function lockingOf({ maxLockMs, tell, finish }: Work): Locking {
  return { maxLockMs, tell, finish };
}

function insertedInto({ name }: PlannedPartition): CannotEvaluateError {
  return new CannotEvaluateError(`partition ${name} was there before, and rows were inserted into it`, {
    code: 'cannot_undo',
    hint: 'only --method swap and partitions that a run has made can be undone',
  });
}
