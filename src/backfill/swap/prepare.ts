import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import { boundsSql } from '../../sinks/postgres/partition-bounds.js';
import { qualified } from '../../sinks/postgres/partition-map.js';
import type { Work } from '../context.js';
import { dressByPartman } from '../partman.js';
import type { PlannedPartition } from '../plan.js';
import { withinSql } from '../target.js';
import { readIdentities, readModel } from './model.js';
import { swapNames } from './names.js';
import { refuseUnswappable } from './refusals.js';
import type { Staging } from './staging.js';
import type { Way } from './way.js';

/** A partition that pg_partman would have made has what its template says. */
export async function dressAsManaged(
  { plan }: Work,
  session: Connection,
  { liveOid, partition, staging }: Way,
): Promise<void> {
  if (plan.partman === undefined || liveOid !== undefined) return;
  const { stagingName: name, liveName } = staging.names;
  await dressByPartman(session, plan.partman, { schema: partition.schema, name, liveName });
}

/** Finds out how a partition is swapped: what its successor is made of, and what has to be watched meanwhile. */
export async function prepare(
  { plan, table }: Work,
  session: Connection,
  { partition, liveOid }: { readonly partition: PlannedPartition; readonly liveOid: string | undefined },
): Promise<Way> {
  const parent = qualified(table.table);
  const names = swapNames(plan.run, partition);
  const model = await readModel(session, liveOid ?? table.table.oid ?? '');
  if (liveOid !== undefined) refuseUnswappable(model, partition);
  const within = withinSql(table, partition);
  const found = table.table.partitions.find(({ isDefault }) => isDefault);
  const fallback = found && qualified(found);
  const [version] = await session.rows(`select current_setting('server_version_num')::int as number`);
  const staging: Staging = {
    names,
    model,
    modelRelation: liveOid === undefined ? parent : names.live,
    within,
    serverVersion: Number(version?.number),
    identities: await readIdentities(session, table.table.oid ?? ''),
  };
  const from = liveOid === undefined ? fallback : names.live;
  const columns = model.columns.filter(({ isGenerated }) => !isGenerated).map(({ name }) => quoteName(name));
  return {
    partition,
    staging,
    table: table.table.name,
    parent,
    model,
    liveOid,
    fallback,
    capture:
      from === undefined ? undefined : { names, table, from, to: [{ relation: names.staging, within }], columns },
    attach: boundsSql(partition, table.timeType ?? 'timestamptz'),
  };
}
