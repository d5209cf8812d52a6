import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import { qualified } from '../../sinks/postgres/partition-map.js';
import { commentSql } from './comment.js';

/** Statistics over several columns or expressions of a relation. Their names stand beside those of tables. */
export interface ExtendedStatistics {
  readonly name: string;
  readonly schema: string;
  /** What stands between the name and `from …`. */
  readonly tail: string;
  readonly owner: string;
  readonly target: number | undefined;
  readonly comment: string | undefined;
}

/** Reads those of a table that is not partitioned: a partitioned one has none that its partitions take part in. */
export async function readExtendedStatistics(
  connection: Connection,
  oid: string,
): Promise<readonly ExtendedStatistics[]> {
  const rows = await connection.rows(
    `select s.stxname as name, n.nspname as schema, pg_get_userbyid(s.stxowner) as owner, obj_description(s.oid, 'pg_statistic_ext') as comment,
            regexp_replace(substr(pg_get_statisticsobjdef(s.oid), length(format('CREATE STATISTICS %I.%I', n.nspname, s.stxname)) + 1), ' FROM [^()]*$', '') as tail,
            nullif((to_jsonb(s) ->> 'stxstattarget')::int, -1) as target
     from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace join pg_class c on c.oid = s.stxrelid
     where s.stxrelid = $1::oid and c.relkind <> 'p' order by 1`,
    [oid],
  );
  return rows.map((row) => ({
    name: String(row.name),
    schema: String(row.schema),
    tail: String(row.tail),
    owner: String(row.owner),
    target: typeof row.target === 'number' ? row.target : undefined,
    comment: typeof row.comment === 'string' ? row.comment : undefined,
  }));
}

/** The statements that give a relation the same statistics under other names. */
export function extendedStatisticsSql(
  relation: string,
  statistics: readonly ExtendedStatistics[],
  nameAt: (at: number) => string,
): readonly string[] {
  return statistics.flatMap(({ schema, tail, owner, target, comment }, at) => {
    const name = qualified({ schema, name: nameAt(at) });
    return [
      `create statistics ${name}${tail} from ${relation}`,
      ...(target === undefined ? [] : [`alter statistics ${name} set statistics ${target}`]),
      ...commentSql(`statistics ${name}`, comment),
      `alter statistics ${name} owner to ${quoteName(owner)}`,
    ];
  });
}

/** The statement that gives statistics another name. */
export function renameStatisticsSql({ schema }: ExtendedStatistics, from: string, to: string): string {
  return `alter statistics ${qualified({ schema, name: from })} rename to ${quoteName(to)}`;
}
