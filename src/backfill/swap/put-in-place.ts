import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import { qualified } from '../../sinks/postgres/partition-map.js';
import { cut } from '../../sinks/postgres/partition-names.js';
import { endCaptureSql, syncSql } from './capture.js';
import { type Locking, underLock } from './exchange.js';
import { renameStatisticsSql } from './extended-statistics.js';
import { BOUNDS } from './names.js';
import { moveMembershipsSql } from './publications.js';
import { switchSql } from './staging.js';
import type { Way } from './way.js';

/**
 * A constraint on the DEFAULT partition that spares the server a scan of it under the lock. Where the partition exists,
 * no such row can come into DEFAULT anyway; where it is made, rows may, and the scan must be.
 */
export async function shieldFallback(session: Connection, way: Way, locking: Locking): Promise<void> {
  const { fallback, liveOid, staging } = way;
  if (fallback === undefined || liveOid === undefined) return;
  const shield = shieldOf(way);
  const statements = [
    `alter table ${fallback} drop constraint if exists ${shield}`,
    `alter table ${fallback} add constraint ${shield} check (not (${staging.within})) not valid`,
  ];
  await underLock(session, { locks: [], statements }, locking);
  await session.run(`alter table ${fallback} validate constraint ${shield}`);
}

const shieldOf = ({ staging }: Way) => quoteName(staging.names.trigger);

/**
 * Puts the new partition in the place of the live one, with what others wrote meanwhile, in one short transaction.
 * Resolves to the milliseconds for which it kept others out.
 */
export function exchange(session: Connection, way: Way, locking: Locking): Promise<number> {
  const { staging, parent, capture, fallback, liveOid } = way;
  const { names } = staging;
  const isReplacing = liveOid !== undefined;
  const from = isReplacing ? names.live : fallback;
  const locks = [parent, ...(from === undefined ? [] : [from])];
  const statements = [
    ...(capture === undefined ? [] : syncSql(capture, undefined)),
    ...(capture === undefined || from === undefined ? [] : endCaptureSql(names, from)),
    ...(isReplacing ? takeOut({ parent, relation: names.live, as: names.oldName }, oldNames(way)) : []),
    ...(!isReplacing && fallback !== undefined ? [`delete from ${fallback} where ${staging.within}`] : []),
    ...putIn(way),
    ...(isReplacing ? moveMembershipsSql(way.model.publications, names.old, names.live) : []),
    ...(fallback === undefined ? [] : [`alter table ${fallback} drop constraint if exists ${shieldOf(way)}`]),
  ];
  return underLock(session, { locks, statements }, locking);
}

/** The statements that give a new partition its name and attach it. */
export function putIn(way: Way): readonly string[] {
  const { staging, parent, attach, model } = way;
  const { names } = staging;
  return [
    `alter table ${names.staging} rename to ${quoteName(names.liveName)}`,
    ...newIndexNames(way),
    ...model.statistics.map((each, at) => renameStatisticsSql(each, names.statistics(at), each.name)),
    `alter table ${parent} attach partition ${names.live} ${attach}`,
    `alter table ${names.live} drop constraint ${BOUNDS}`,
    ...model.switched.flatMap((trigger) => switchSql(names.live, trigger)),
  ];
}

/** The statements that detach a partition and give it and its indexes other names. */
export function takeOut(
  { parent, relation, as }: { readonly parent: string; readonly relation: string; readonly as: string },
  renames: readonly string[],
): readonly string[] {
  return [
    `alter table ${parent} detach partition ${relation}`,
    ...renames,
    `alter table ${relation} rename to ${quoteName(as)}`,
  ];
}

/** Indexes and statistics of what is taken out, as they are called from then on. */
export function oldNames({
  model,
  partition,
  staging,
}: Pick<Way, 'model' | 'staging'> & { readonly partition: { readonly schema: string } }): readonly string[] {
  const suffix = staging.names.oldName.slice(staging.names.oldName.lastIndexOf('_before_'));
  return [
    ...model.indexes.map(
      ({ name }) =>
        `alter index ${qualified({ schema: partition.schema, name })} rename to ${quoteName(cut(name, suffix))}`,
    ),
    ...model.statistics.map((each) => renameStatisticsSql(each, each.name, cut(each.name, suffix))),
  ];
}

/** The new indexes take the names of the old ones, or names after the table's own. */
function newIndexNames({ model, partition, staging, liveOid, table }: Way): readonly string[] {
  return model.indexes.map(({ name }, at) => {
    const own = qualified({ schema: partition.schema, name: staging.names.index(at) });
    const wanted = liveOid === undefined ? cut(partition.name, `_${withoutPrefix(name, table)}`) : name;
    return `alter index ${own} rename to ${quoteName(wanted)}`;
  });
}

/** `events_pkey` of the table `events` as `pkey`. */
function withoutPrefix(name: string, table: string): string {
  return name.startsWith(`${table}_`) ? name.slice(table.length + 1) : name;
}
