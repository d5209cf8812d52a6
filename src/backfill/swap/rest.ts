import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import { qualified } from '../../sinks/postgres/partition-map.js';
import { cut } from '../../sinks/postgres/partition-names.js';
import { gapsBetween } from '../../sinks/postgres/partition-scheme.js';
import type { Work } from '../context.js';
import { withinSql } from '../target.js';
import { endCaptureSql, forgetCaptureSql } from './capture.js';
import { type Locking, underLock } from './exchange.js';
import { renameStatisticsSql } from './extended-statistics.js';
import { type Model, readIdentities, readModel } from './model.js';
import { BOUNDS, restNames, type SwapNames } from './names.js';
import { moveMembershipsSql } from './publications.js';
import { oldNames, takeOut } from './put-in-place.js';
import { type Staging, switchSql } from './staging.js';

/** A DEFAULT partition that is built anew, without the rows that go into partitions of their own. */
export interface Rest {
  readonly oid: string;
  readonly schema: string;
  /** Schema and name, quoted. */
  readonly relation: string;
  /** Whether its rows lie in itself: it is no foreign table, and not cut into partitions. */
  readonly isPlain: boolean;
  readonly names: SwapNames;
}

/** The DEFAULT partition of a table as it is now; undefined where there is none. */
export async function restOf({ plan, table }: Pick<Work, 'plan' | 'table'>, session: Connection) {
  const [row] = await session.rows(
    `select c.oid::text as oid, n.nspname as schema, c.relname as name, c.relkind = 'r' as is_plain
     from pg_partitioned_table p join pg_class c on c.oid = p.partdefid join pg_namespace n on n.oid = c.relnamespace where p.partrelid = $1::oid`,
    [table.table.oid ?? '0'],
  );
  if (row === undefined) return undefined;
  const place = { schema: String(row.schema), name: String(row.name) };
  const rest: Rest = {
    oid: String(row.oid),
    schema: place.schema,
    relation: qualified(place),
    isPlain: row.is_plain === true,
    names: restNames(plan.run, place),
  };
  return rest;
}

/** What the new DEFAULT partition is made of: everything that the old one is, and that none of `taken` is in it. */
export async function restStaging(
  { table }: Pick<Work, 'table'>,
  session: Connection,
  { rest, taken }: { readonly rest: Rest; readonly taken: readonly string[] },
): Promise<Staging> {
  const [version] = await session.rows(`select current_setting('server_version_num')::int as number`);
  return {
    names: rest.names,
    model: await readModel(session, rest.oid),
    modelRelation: rest.relation,
    within: `not (${taken.join(' or ')})`,
    serverVersion: Number(version?.number),
    identities: await readIdentities(session, table.table.oid ?? ''),
  };
}

/** What a swap has put on the old DEFAULT partition, and will not find again. */
export async function dropShields(session: Connection, { names }: Rest): Promise<void> {
  const rows = await session.rows(
    `select conname as name from pg_constraint where conrelid = to_regclass($1) and contype = 'c' and conname ~ '^respool_capture_'`,
    [names.staging],
  );
  for (const { name } of rows)
    await session.run(`alter table ${names.staging} drop constraint ${quoteName(String(name))}`);
}

/** Beyond so many comparisons the server looks through the rows sooner: it makes 450,000 a second. */
const MOST_COMPARISONS = 500_000;
const ALL_BOUNDS = 'respool_rest';

/**
 * The statements that lets the server believe, without a scan, that none of the new DEFAULT partition's rows belong elsewhere: each row lies
 * in one of the gaps between partitions. The server asks of each gap whether it is beside each partition (`predicate_implied_by` in
 * predtest.c), so that a table without gaps takes it a comparison or two for each partition.
 */
export function boundsOfRest(
  { table }: Pick<Work, 'table'>,
  { names }: Rest,
  made: readonly { readonly fromUs: number; readonly toUs: number }[],
): readonly string[] {
  const column = quoteName(table.table.partitioning?.column ?? '');
  const known = `${column} is not null and `;
  const periods = [...table.routed, ...made];
  const gaps = gapsBetween(periods).map((gap) => `(${withinSql(table, gap).slice(known.length)})`);
  if (gaps.length * periods.length > MOST_COMPARISONS) return [];
  const all = [`${column} is null`, ...gaps].join(' or ');
  return [`alter table ${names.staging} add constraint ${ALL_BOUNDS} check (${all})`];
}

/** The statements that put the old DEFAULT partition out of the way, under the name that it keeps. */
export function takeRestOut(parent: string, rest: Rest, { model, as }: { readonly model: Model; readonly as: string }) {
  const staging = { names: { ...rest.names, oldName: as } } as Staging; // only its name is looked at
  return takeOut({ parent, relation: rest.relation, as }, oldNames({ model, partition: rest, staging }));
}

/** The statements that put the new DEFAULT partition in its place. */
export function putRestIn(
  parent: string,
  { names, schema }: Rest,
  { model, keptAs }: { readonly model: Model; readonly keptAs: string },
): readonly string[] {
  const old = qualified({ schema, name: keptAs });
  return [
    `alter table ${names.staging} rename to ${quoteName(names.liveName)}`,
    ...model.indexes.map(
      ({ name }, at) =>
        `alter index ${qualified({ schema: names.schema, name: names.index(at) })} rename to ${quoteName(name)}`,
    ),
    ...model.statistics.map((each, at) => renameStatisticsSql(each, names.statistics(at), each.name)),
    `alter table ${parent} attach partition ${names.live} default`,
    `alter table ${names.live} drop constraint ${BOUNDS}, drop constraint if exists ${ALL_BOUNDS}`,
    ...model.switched.flatMap((trigger) => switchSql(names.live, trigger)),
    ...moveMembershipsSql(model.publications, old, names.live),
  ];
}

/** The name that an old DEFAULT partition keeps: a run may leave several. */
export async function keptRestName(session: Connection, rest: Rest): Promise<string> {
  const kept = await keptRests(session, rest);
  return kept.length === 0 ? rest.names.oldName : cut(rest.names.oldName, `_${kept.length + 1}`);
}

/** Old DEFAULT partitions that a run has kept. */
export async function keptRests(session: Connection, { schema, names }: Rest): Promise<readonly string[]> {
  const rows = await session.rows(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind = 'r' and not c.relispartition and c.relname ~ ('^' || $2 || '(_\\d+)?$') order by c.oid`,
    [schema, names.oldName.replaceAll(/\W/g, '.')],
  );
  return rows.map(({ name }) => String(name));
}

/** Whether a DEFAULT partition is being built anew, or was when a process died. */
export async function isCarving(session: Connection, { names }: Rest): Promise<boolean> {
  const [row] = await session.rows(`select to_regclass($1) is not null as is_there`, [names.changes]);
  return row?.is_there === true;
}

/** Takes away what a carving that was cut off has left. */
export async function clearRest(session: Connection, rest: Rest, locking: Locking): Promise<void> {
  const { relation, names } = rest;
  if (!(await isCarving(session, rest))) return;
  await underLock(session, { locks: [], statements: endCaptureSql(names, relation) }, locking);
  await session.run(
    `set client_min_messages = warning; drop table if exists ${names.staging}; ${forgetCaptureSql(names)}`,
  );
}
