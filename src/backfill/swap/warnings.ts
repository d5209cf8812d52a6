import type { Connection } from '../../postgres/connection.js';

/**
 * What a swap does not reach: views that read a partition by its name, and subscribers of publications.
 * @param oids the table, and the partitions that are to be replaced.
 */
export async function swapWarnings(connection: Connection, oids: readonly string[]): Promise<readonly string[]> {
  const views = await connection.rows(VIEWS, [oids.slice(1).join(' ')]);
  const publications = await connection.rows(PUBLICATIONS, [oids.join(' ')]);
  return [
    ...views.map(
      ({ view, partition }) =>
        `${view} reads partition ${partition} itself: it goes on reading the old one, which cannot be dropped before the view`,
    ),
    ...publications.map(({ name, is_for_all }) =>
      is_for_all === true
        ? `publication ${name} publishes all tables, those that a swap makes on its way included: subscribers that lack such a table stop`
        : `publication ${name} does not send what a swap loads: subscribers keep the old rows`,
    ),
    ...publications
      .filter(({ is_stuck }) => is_stuck === true)
      .map(
        ({ name }) =>
          `publication ${name} names partitions themselves, and this role may not change it: it goes on naming the old ones`,
      ),
  ];
}

const VIEWS = `
  select distinct v.oid::regclass::text as view, d.refobjid::regclass::text as partition
  from pg_depend d join pg_rewrite w on w.oid = d.objid and d.classid = 'pg_rewrite'::regclass join pg_class v on v.oid = w.ev_class
  where d.refclassid = 'pg_class'::regclass and d.refobjid = any (string_to_array($1, ' ')::oid[]) and v.oid <> d.refobjid order by 1, 2 limit 5`;

const PUBLICATIONS = `
  with wanted as (select unnest(string_to_array($1, ' ')::oid[]) as oid)
  select p.pubname as name, p.puballtables as is_for_all,
         not pg_has_role(p.pubowner, 'usage') and exists (select from pg_publication_rel r join pg_class c on c.oid = r.prrelid
           where r.prpubid = p.oid and c.relkind <> 'p' and r.prrelid in (select oid from wanted)) as is_stuck
  from pg_publication p
  where exists (select from pg_publication_tables t join pg_class c on c.relname = t.tablename join pg_namespace n on n.oid = c.relnamespace and n.nspname = t.schemaname
                where t.pubname = p.pubname and c.oid in (select oid from wanted)) order by 1`;
