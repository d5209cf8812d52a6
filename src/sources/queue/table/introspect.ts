import { CannotEvaluateError, UsageError } from '../../../errors.js';
import type { Connection } from '../../../postgres/connection.js';
import { quoteName } from '../../../postgres/sql.js';
import type { KeyColumn } from './layout.js';

/** A table as the server knows it. */
export interface TableShape {
  /** Quoted, with its schema. */
  readonly table: string;
  /** SQL types by the names of the columns, in their order. */
  readonly columns: ReadonlyMap<string, string>;
  /** The primary key, or the first unique index without nulls; empty when there is none. */
  readonly key: readonly KeyColumn[];
  /** Rights that are missing for locking and removing. */
  readonly lacks: readonly string[];
}

/**
 * Looks a table up as `name` or `schema.name`.
 * @param whereElse what to look at when it is not there.
 * @throws UsageError `source_not_found`; CannotEvaluateError `source_permission_denied`.
 */
export async function introspect(
  connection: Connection,
  name: string,
  label: string,
  whereElse = 'write schema.table when it is not on the search path, and check the database',
): Promise<TableShape> {
  const quoted = name.split('.').map(quoteName).join('.');
  const [row] = await connection.rows(SHAPE, [quoted]);
  if (row === undefined) {
    throw new UsageError(`${label}: there is no table ${name}`, {
      code: 'source_not_found',
      hint: whereElse,
    });
  }
  if (row.readable !== true) {
    throw new CannotEvaluateError(`${label}: this user may not read ${name}`, {
      code: 'source_permission_denied',
      hint: `grant select, update, delete on ${name}`,
    });
  }
  const columns = new Map(row.columns as [string, string][]); // as the statement builds it
  const key = (row.key as string[] | null) ?? [];
  return {
    table: String(row.table),
    columns,
    key: key.map((column) => ({ name: column, type: columns.get(column) ?? 'text' })),
    lacks: [...(row.updatable === true ? [] : ['update']), ...(row.deletable === true ? [] : ['delete'])],
  };
}

const SHAPE = `
select format('%I.%I', n.nspname, c.relname) as table,
  has_table_privilege(c.oid, 'select') as readable,
  has_table_privilege(c.oid, 'update') as updatable,
  has_table_privilege(c.oid, 'delete') as deletable,
  (select json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod)) order by a.attnum)
   from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  (select json_agg(a.attname order by k.position)
   from (select i.indrelid, i.indkey from pg_index i
         where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
           and not exists (select from unnest(i.indkey::int2[]) u join pg_attribute b
                           on b.attrelid = c.oid and b.attnum = u where not b.attnotnull)
         order by i.indisprimary desc, i.indnkeyatts, i.indexrelid limit 1) i,
     unnest(i.indkey::int2[]) with ordinality k(number, position)
     join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number) as key
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.oid = to_regclass($1) and c.relkind in ('r', 'p', 'f', 'v')`;

/**
 * The right to remove must be there before anything is delivered.
 * @throws CannotEvaluateError `source_permission_denied`.
 */
export function refuseWithoutRights(shape: TableShape, needed: readonly string[], label: string): void {
  const missing = shape.lacks.filter((right) => needed.includes(right));
  if (missing.length === 0) return;
  throw new CannotEvaluateError(`${label}: this user may not ${missing.join(' or ')} rows of ${shape.table}`, {
    code: 'source_permission_denied',
    hint: `grant ${needed.join(', ')} on ${shape.table}, or only look with --dry-run`,
  });
}

/**
 * The type of a column that has to be there.
 * @throws UsageError `bad_source_option`.
 */
export function columnType(shape: TableShape, name: string, option: string): string {
  const type = shape.columns.get(name);
  if (type !== undefined) return type;
  throw new UsageError(`${shape.table} has no column ${name} (${option})`, {
    code: 'bad_source_option',
    hint: `columns: ${[...shape.columns.keys()].join(', ')}`,
  });
}
