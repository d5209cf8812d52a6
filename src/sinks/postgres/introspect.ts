import type { Connection, Row } from '../../postgres/connection.js';
import type { WireType } from './encode/options.js';
import { parseBounds } from './partition-bounds.js';
import type { Partition, Partitioning, Table, TableColumn, Texts, UniqueKey } from './table.js';

/** A table's name in two parts; without a schema the search path decides. */
export interface TableName {
  readonly schema: string | undefined;
  readonly name: string;
}

/** Reads what the sink has to know about a table; undefined when there is none. Runs inside the caller's transaction in UTC. */
export async function readTable(connection: Connection, { schema, name }: TableName): Promise<Table | undefined> {
  const [found] = await connection.rows(FIND_TABLE, [name, schema ?? '']);
  if (found === undefined) return undefined;
  const oid = String(found.oid);
  const columns = (await connection.rows(READ_COLUMNS, [oid])).map(columnOf);
  const keys = (await connection.rows(READ_KEYS, [oid])).map(keyOf);
  const [partitioning] = (await connection.rows(READ_PARTITIONING, [oid])).map(partitioningOf);
  return {
    oid,
    schema: String(found.schema),
    name: String(found.name),
    columns,
    keys,
    partitioning,
    partitions: partitioning === undefined ? [] : await readPartitions(connection, oid),
    hasRowSecurity: found.row_security === true,
    hasInsertTriggers: found.insert_triggers === true,
    hasStatementTriggers: found.statement_triggers === true,
    isOwned: found.is_owned === true,
    timezone: typeof found.timezone === 'string' ? found.timezone : undefined,
    missingRights: ['insert', 'select'].filter((right) => found[`can_${right}`] !== true),
  };
}

/** The direct partitions of a table, by their bounds; those with other bounds than one range of time have NaN. */
export async function readPartitions(connection: Connection, oid: string): Promise<readonly Partition[]> {
  const partitions = (await connection.rows(READ_PARTITIONS, [oid])).map(partitionOf);
  return partitions.toSorted((a, b) => a.fromUs - b.fromUs);
}

const FIND_TABLE = `
  select c.oid::text as oid, n.nspname as schema, c.relname as name, c.relkind as kind,
         row_security_active(c.oid) as row_security,
         pg_has_role(c.relowner, 'usage') as is_owned,
         (select s.reset_val from pg_settings s where s.name = 'TimeZone') as timezone,
         has_any_column_privilege(c.oid, 'insert') as can_insert,
         has_any_column_privilege(c.oid, 'select') as can_select,
         exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & 7 = 7) as insert_triggers,
         exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & 5 = 4) as statement_triggers
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relname = $1 and c.relkind in ('r', 'p', 'f', 'v', 'm')
    and (n.nspname = $2 or $2 = '' and pg_table_is_visible(c.oid))`;

/** Whether the server keeps texts in another encoding than they are sent in. */
export const RECODES = `current_setting('server_encoding') not in ('UTF8', 'SQL_ASCII')`;

/** Versions before 12 know no collation with an equality of its own. */
const TEXTS = `
  case when ${RECODES} then 'recoded'
       when (select to_jsonb(l) ->> 'collisdeterministic' from pg_collation l where l.oid = a.attcollation) = 'false' then 'collated'
       else 'bytes' end`;

const READ_COLUMNS = `
  with recursive base as (
    select a.attnum, a.atttypid as oid from pg_attribute a where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped
    union all
    select b.attnum, t.typbasetype from base b join pg_type t on t.oid = b.oid where t.typtype = 'd'
  )
  select a.attname as name,
         format_type(a.atttypid, case when declared.typname in ('timestamptz', 'timestamp', 'time', 'timetz', 'numeric') then a.atttypmod else -1 end) as type_name, a.atttypid::int8::text as type_oid,
         t.typname as base, t.typtype as base_kind, t.typcategory as category,
         ${TEXTS} as texts, a.attnotnull or declared.typnotnull as not_null,
         pg_get_expr(d.adbin, d.adrelid) as default_text, a.attidentity as identity, a.attgenerated as generated
  from pg_attribute a
  join pg_type declared on declared.oid = a.atttypid
  join base b on b.attnum = a.attnum
  join pg_type t on t.oid = b.oid and t.typtype <> 'd'
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped
  order by a.attnum`;

const READ_KEYS = `
  select c.relname as name,
         array(select a.attname::text from unnest(i.indkey::int2[]) with ordinality k(attnum, position)
               join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
               where k.position <= i.indnkeyatts order by k.position) as columns
  from pg_index i join pg_class c on c.oid = i.indexrelid
  where i.indrelid = $1::oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
  order by i.indisprimary desc, i.indnkeyatts, c.relname`;

const READ_PARTITIONING = `
  select p.partstrat as strategy, p.partnatts as count, a.attname as column
  from pg_partitioned_table p
  left join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0] and p.partattrs[0] > 0
  where p.partrelid = $1::oid`;

/** The defaults of a relation, each as an expression `form` has it. */
const defaultsOf = (oid: string, form: string) => `
  array(select a.attname::text || ' ' || ${form} from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
        where d.adrelid = ${oid} and a.attgenerated = '' and not a.attisdropped order by 1)`;
const identitiesOf = (oid: string) => `
  array(select a.attname::text || a.attidentity::text from pg_attribute a where a.attrelid = ${oid} and a.attidentity <> '' order by 1)`;
const isSame = (of: (oid: string) => string) => `(${of('c.oid')}) = (${of('$1::oid')})`;

/**
 * A partition takes rows directly only where it fills what is left out as its table does: it may have defaults of its own, and
 * before version 17 it has no identity columns. Defaults that were inherited are the same as they lie there, which is soon told.
 */
const FILLS_ALIKE = `${isSame(identitiesOf)}
  and (${isSame((oid) => defaultsOf(oid, 'd.adbin::text'))} or ${isSame((oid) => defaultsOf(oid, 'pg_get_expr(d.adbin, d.adrelid)'))})`;

const READ_PARTITIONS = `
  select c.oid::text as oid, n.nspname as schema, c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bounds,
         has_table_privilege(c.oid, 'insert') and has_any_column_privilege(c.oid, 'select') 
         and ${FILLS_ALIKE} as is_writable
  from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_namespace n on n.oid = c.relnamespace
  where i.inhparent = $1::oid and c.relispartition
  order by c.relname`;

const WIRE_TYPES: Readonly<Record<string, WireType>> = {
  text: 'text',
  varchar: 'text',
  bpchar: 'text',
  name: 'text',
  citext: 'text',
  uuid: 'uuid',
  bool: 'bool',
  int2: 'int2',
  int4: 'int4',
  int8: 'int8',
  float4: 'float4',
  float8: 'float8',
  numeric: 'numeric',
  timestamptz: 'timestamptz',
  timestamp: 'timestamp',
  date: 'date',
  json: 'json',
  jsonb: 'jsonb',
};

function columnOf(row: Row): TableColumn {
  const identity = String(row.identity);
  return {
    name: String(row.name),
    typeName: String(row.type_name),
    typeOid: Number(row.type_oid),
    wire: wireType(row),
    texts: row.texts as Texts, // this module's own query says it
    notNull: row.not_null === true,
    defaultText: identity === '' ? (row.default_text === null ? undefined : String(row.default_text)) : 'identity',
    isGenerated: row.generated !== '' || identity === 'a',
  };
}

function wireType({ base, base_kind, category }: Row): WireType {
  if (base_kind === 'e') return 'text';
  if (category === 'A') return 'array';
  return WIRE_TYPES[String(base)] ?? 'other';
}

function keyOf({ name, columns }: Row): UniqueKey {
  return { name: String(name), columns: Array.isArray(columns) ? columns.map(String) : [] };
}

function partitioningOf({ strategy, count, column }: Row): Partitioning {
  const name = strategy === 'r' ? 'range' : strategy === 'l' ? 'list' : 'hash';
  return { strategy: name, column: Number(count) === 1 && typeof column === 'string' ? column : undefined };
}

function partitionOf(row: Row): Partition {
  const bounds = parseBounds(String(row.bounds));
  return {
    oid: String(row.oid),
    schema: String(row.schema),
    name: String(row.name),
    fromUs: bounds?.fromUs ?? Number.NaN,
    toUs: bounds?.toUs ?? Number.NaN,
    isDefault: row.bounds === 'DEFAULT',
    isWritable: row.is_writable === true,
  };
}
