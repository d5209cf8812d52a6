import type { Connection, Row } from '../../postgres/connection.js';
import { type ExtendedStatistics, readExtendedStatistics } from './extended-statistics.js';
import { type Membership, readMemberships } from './publications.js';

/** A relation after whose image the new partition is built: the live partition, or the table where there is none. */
export interface Model {
  readonly oid: string;
  readonly kind: string;
  readonly isUnlogged: boolean;
  readonly options: readonly string[];
  readonly toastOptions: readonly string[];
  readonly tablespace: string | undefined;
  readonly accessMethod: string | undefined;
  readonly owner: string;
  readonly hasRules: boolean;
  readonly rowSecurity: boolean;
  readonly forcesRowSecurity: boolean;
  /** `d`, `n`, `f` or `i`. */
  readonly replicaIdentity: string;
  readonly comment: string | undefined;
  readonly columns: readonly ModelColumn[];
  readonly indexes: readonly ModelIndex[];
  readonly foreignKeys: readonly (Commented & { readonly name: string; readonly definition: string })[];
  readonly triggers: readonly (Commented & {
    readonly name: string;
    readonly definition: string;
    readonly enabled: string;
  })[];
  /** Triggers of the table that are switched otherwise here: it has them only while it is attached. */
  readonly switched: readonly { readonly name: string; readonly enabled: string }[];
  readonly policies: readonly (Commented & { readonly name: string; readonly definition: string })[];
  readonly statistics: readonly ExtendedStatistics[];
  readonly publications: readonly Membership[];
  /** `grant … on ` and ` to …`, between which the relation's name stands. */
  readonly grants: readonly { readonly before: string; readonly after: string }[];
}

interface Commented {
  readonly comment: string | undefined;
}

export interface ModelColumn {
  readonly name: string;
  readonly isGenerated: boolean;
  /** The sequence of an identity column. */
  readonly sequence: string | undefined;
  readonly statistics: number | undefined;
  readonly options: readonly string[];
}

export interface ModelIndex extends Commented {
  readonly name: string;
  /** What follows `create index … on …`. */
  readonly tail: string;
  readonly isUnique: boolean;
  readonly isClustered: boolean;
  readonly isReplicaIdentity: boolean;
  readonly tablespace: string | undefined;
  /** `p`, `u` or `x` when it belongs to a constraint. */
  readonly constraint: string | undefined;
  readonly definition: string | undefined;
  readonly deferral: string;
  /** Comment of the constraint. */
  readonly constraintComment: string | undefined;
  /** Statistics targets of its expressions, by their number. */
  readonly targets: readonly { readonly column: number; readonly target: number }[];
}

/** The identity columns of a table, with their sequences. */
export async function readIdentities(connection: Connection, oid: string) {
  const columns = (await connection.rows(COLUMNS, [oid])).map(columnOf);
  return columns.flatMap(({ name: column, sequence }) => (sequence === undefined ? [] : [{ column, sequence }]));
}

/** Reads everything about a relation that its successor must have as well. */
export async function readModel(connection: Connection, oid: string): Promise<Model> {
  const one = async (sql: string) => (await connection.rows(sql, [oid])).at(0) ?? {};
  const all = (sql: string) => connection.rows(sql, [oid]);
  const table = await one(RELATION);
  return {
    oid,
    kind: String(table.kind),
    isUnlogged: table.persistence === 'u',
    options: texts(table.options),
    toastOptions: texts(table.toast_options),
    tablespace: text(table.tablespace),
    accessMethod: text(table.access_method),
    owner: String(table.owner),
    hasRules: table.has_rules === true,
    rowSecurity: table.row_security === true,
    forcesRowSecurity: table.forces === true,
    replicaIdentity: String(table.replica_identity),
    comment: text(table.comment),
    columns: (await all(COLUMNS)).map(columnOf),
    indexes: (await all(INDEXES)).map(indexOf),
    foreignKeys: (await all(FOREIGN_KEYS)).map(({ name, definition, comment }) => ({
      name: String(name),
      definition: String(definition).replace(/ NOT VALID$/, ''),
      comment: text(comment),
    })),
    triggers: (await all(TRIGGERS)).map(({ name, definition, enabled, comment }) => ({
      name: String(name),
      definition: String(definition),
      enabled: String(enabled),
      comment: text(comment),
    })),
    switched: (await all(SWITCHED)).map(({ name, enabled }) => ({ name: String(name), enabled: String(enabled) })),
    policies: (await all(POLICIES)).map(({ name, definition, comment }) => ({
      name: String(name),
      definition: String(definition),
      comment: text(comment),
    })),
    statistics: await readExtendedStatistics(connection, oid),
    publications: await readMemberships(connection, oid),
    grants: (await all(GRANTS)).map(({ before, after }) => ({ before: String(before), after: String(after) })),
  };
}

const RELATION = `
  select c.relkind as kind, c.relpersistence as persistence, c.reloptions as options, c.relhasrules as has_rules,
         (select t.reloptions from pg_class t where t.oid = c.reltoastrelid) as toast_options,
         (select s.spcname from pg_tablespace s where s.oid = c.reltablespace) as tablespace,
         (select a.amname from pg_am a where a.oid = c.relam) as access_method,
         pg_get_userbyid(c.relowner) as owner, c.relrowsecurity as row_security, c.relforcerowsecurity as forces,
         c.relreplident as replica_identity, obj_description(c.oid, 'pg_class') as comment
  from pg_class c where c.oid = $1::oid`;

const COLUMNS = `
  select a.attname as name, a.attgenerated <> '' as generated, a.attidentity <> '' as identity,
         nullif(a.attstattarget, -1)::int as statistics, a.attoptions as options,
         pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname) as sequence
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped order by a.attnum`;

const INDEXES = `
  select ic.relname as name, i.indisunique as is_unique, i.indisclustered as is_clustered, i.indisreplident as is_replident,
         substr(pg_get_indexdef(i.indexrelid), length(format('CREATE %sINDEX %I ON %s%I.%I', case when i.indisunique then 'UNIQUE ' else '' end,
           ic.relname, case when c.relkind = 'p' then 'ONLY ' else '' end, n.nspname, c.relname)) + 1) as tail,
         (select s.spcname from pg_tablespace s where s.oid = ic.reltablespace) as tablespace,
         con.contype as constraint, pg_get_constraintdef(con.oid) as definition,
         case when con.condeferred then ' deferrable initially deferred' when con.condeferrable then ' deferrable' else '' end as deferral,
         obj_description(ic.oid, 'pg_class') as comment, obj_description(con.oid, 'pg_constraint') as constraint_comment,
         (select jsonb_agg(jsonb_build_object('column', a.attnum, 'target', a.attstattarget)) from pg_attribute a
          where a.attrelid = ic.oid and a.attstattarget >= 0) as targets
  from pg_index i join pg_class ic on ic.oid = i.indexrelid join pg_class c on c.oid = i.indrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_constraint con on con.conindid = i.indexrelid and con.conrelid = i.indrelid and con.contype in ('p', 'u', 'x')
  where i.indrelid = $1::oid and i.indisvalid order by i.indisprimary desc, i.indisunique desc, ic.relname`;

const FOREIGN_KEYS = `
  select conname as name, pg_get_constraintdef(oid) as definition, obj_description(oid, 'pg_constraint') as comment from pg_constraint
  where conrelid = $1::oid and contype = 'f' order by conname`;

const TRIGGERS = `
  select t.tgname as name, t.tgenabled as enabled, obj_description(t.oid, 'pg_trigger') as comment,
         replace(pg_get_triggerdef(t.oid), format(' ON %I.%I ', n.nspname, c.relname), ' ON %RELATION% ') as definition
  from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
  where t.tgrelid = $1::oid and not t.tgisinternal and t.tgparentid = 0 and t.tgname !~ '^respool_capture_' and c.relkind <> 'p'`;

const SWITCHED = `
  select t.tgname as name, t.tgenabled as enabled from pg_trigger t join pg_trigger p on p.oid = t.tgparentid
  where t.tgrelid = $1::oid and not p.tgisinternal and t.tgenabled <> p.tgenabled order by 1`;

const POLICIES = `
  select p.policyname as name, (select obj_description(o.oid, 'pg_policy') from pg_policy o where o.polrelid = c.oid and o.polname = p.policyname) as comment,
         format('create policy %I on %%RELATION%% as %s for %s to %s%s%s', p.policyname, p.permissive, p.cmd,
           (select string_agg(case when r = 'public' then 'public' else quote_ident(r::text) end, ', ') from unnest(p.roles) r),
           ' using (' || p.qual || ')', ' with check (' || p.with_check || ')') as definition
  from pg_policies p join pg_class c on c.relname = p.tablename join pg_namespace n on n.oid = c.relnamespace and n.nspname = p.schemaname
  where c.oid = $1::oid and c.relkind <> 'p'`;

const GRANTS = `
  select format('grant %s%s on ', g.privilege_type, g.columns) as before,
         format(' to %s%s', case when g.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
                case when g.is_grantable then ' with grant option' else '' end) as after
  from (select acl.*, '' as columns from pg_class c, aclexplode(c.relacl) acl where c.oid = $1::oid and acl.grantee <> c.relowner
        union all
        select acl.*, format(' (%I)', a.attname) from pg_attribute a, aclexplode(a.attacl) acl
        where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped) g`;

function columnOf(row: Row): ModelColumn {
  return {
    name: String(row.name),
    isGenerated: row.generated === true,
    sequence: row.identity === true ? text(row.sequence) : undefined,
    statistics: typeof row.statistics === 'number' ? row.statistics : undefined,
    options: texts(row.options),
  };
}

function indexOf(row: Row): ModelIndex {
  return {
    name: String(row.name),
    tail: String(row.tail),
    isUnique: row.is_unique === true,
    isClustered: row.is_clustered === true,
    isReplicaIdentity: row.is_replident === true,
    tablespace: text(row.tablespace),
    constraint: text(row.constraint),
    definition: text(row.definition),
    deferral: String(row.deferral),
    comment: text(row.comment),
    constraintComment: text(row.constraint_comment),
    targets: Array.isArray(row.targets) ? row.targets : [],
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
