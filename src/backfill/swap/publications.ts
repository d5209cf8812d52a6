import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';

/** That a publication names a relation itself. */
export interface Membership {
  readonly publication: string;
  /** What follows the relation: columns, and which rows. */
  readonly tail: string;
  /** Whether this role may change the publication. */
  readonly isOwned: boolean;
}

/** Columns and conditions came with this version. */
const TAILS_SINCE = 150_000;
const TAIL = `
  coalesce(' (' || (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
                    where a.attrelid = r.prrelid and a.attnum = any (r.prattrs::int2[])) || ')', '')
    || coalesce(' where (' || pg_get_expr(r.prqual, r.prrelid) || ')', '')`;

/** Reads which publications name a partition. Those that name its table have it anyway. */
export async function readMemberships(connection: Connection, oid: string): Promise<readonly Membership[]> {
  const [version] = await connection.rows(`select current_setting('server_version_num')::int as number`);
  const rows = await connection.rows(
    `select p.pubname as publication, pg_has_role(p.pubowner, 'usage') as is_owned, ${Number(version?.number) < TAILS_SINCE ? "''" : TAIL} as tail
     from pg_publication_rel r join pg_publication p on p.oid = r.prpubid join pg_class c on c.oid = r.prrelid
     where r.prrelid = $1::oid and c.relkind <> 'p' order by 1`,
    [oid],
  );
  return rows.map((row) => ({
    publication: String(row.publication),
    tail: String(row.tail),
    isOwned: row.is_owned === true,
  }));
}

/** The statements by which publications name another relation instead. Those of others are left as they are. */
export function moveMembershipsSql(memberships: readonly Membership[], from: string, to: string): readonly string[] {
  return memberships
    .filter(({ isOwned }) => isOwned)
    .flatMap(({ publication, tail }) => [
      `alter publication ${quoteName(publication)} drop table ${from}`,
      `alter publication ${quoteName(publication)} add table ${to}${tail}`,
    ]);
}
