import { CannotEvaluateError } from '../errors.js';
import type { Connection } from '../postgres/connection.js';
import { quoteName } from '../postgres/sql.js';
import { cut } from '../sinks/postgres/partition-names.js';
import type { TablePlan } from '../sinks/postgres/plan.js';
import type { PlannedPartition } from './plan.js';

/** That pg_partman manages the table, and what of its settings a backfill has to respect. */
export interface Partman {
  /** Schema of the extension. */
  readonly schema: string;
  /** The table as the extension names it: schema, a dot, name. */
  readonly parent: string;
  readonly interval: string;
  readonly premake: number;
  readonly template: string | undefined;
  readonly retention: string | undefined;
  /** Whether what is past the retention is kept as a table of its own. */
  readonly keepsTable: boolean;
  readonly inheritsPrivileges: boolean;
  /** The zone at whose midnights partitions begin; the extension counts in that of the session. */
  readonly zone: string;
}

const EXTENSION = `select n.nspname as schema, has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as is_readable
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace join pg_class c on c.relnamespace = n.oid and c.relname = 'part_config'
  where e.extname = 'pg_partman'`;

/** Asks whether pg_partman manages a table; `unknown` when it is there and the role may not read its settings. */
export async function readPartman(
  connection: Connection,
  { table, encoder }: TablePlan,
): Promise<Partman | 'unknown' | undefined> {
  const [extension] = await connection.rows(EXTENSION);
  if (extension === undefined) return undefined;
  if (extension.is_readable !== true) return 'unknown';
  const schema = String(extension.schema);
  const parent = `${table.schema}.${table.name}`;
  const [row] = await connection.rows(
    `select to_jsonb(c) as config from ${quoteName(schema)}.part_config c where parent_table = $1`,
    [parent],
  );
  if (row === undefined) return undefined;
  const config = row.config as { readonly [setting: string]: unknown }; // a JSON object of all columns
  const text = (setting: string) => (typeof config[setting] === 'string' ? config[setting] : undefined);
  return {
    schema,
    parent,
    interval: text('partition_interval') ?? '',
    premake: Number(config.premake),
    template: text('template_table'),
    retention: text('retention'),
    keepsTable: config.retention_keep_table !== false || text('retention_schema') !== undefined,
    inheritsPrivileges: config.inherit_privileges === true,
    zone: encoder.routing?.scheme?.zone ?? 'UTC',
  };
}

/** The name that pg_partman gives to the partition that begins at an instant. Leaves the transaction in UTC. */
export async function partmanName(
  connection: Connection,
  { schema, parent, zone }: Partman,
  fromUs: number,
): Promise<string> {
  await connection.rows(`select set_config('timezone', $1, true)`, [zone]);
  const [row] = await connection.rows(
    `select partition_table as name from ${quoteName(schema)}.show_partition_name($1, $2)`,
    [parent, instant(fromUs)],
  );
  await connection.run(`set local timezone = 'UTC'`);
  return String(row?.name);
}

/**
 * Has pg_partman make a partition, with all that its template and settings say.
 * @throws CannotEvaluateError `rows_in_default` when rows that belong into it lie in the DEFAULT partition.
 */
export async function makeByPartman(
  connection: Connection,
  { schema, parent, zone }: Partman,
  { name, fromUs, rowsInDefault }: PlannedPartition,
): Promise<void> {
  if (rowsInDefault > 0) {
    throw new CannotEvaluateError(`${name} cannot be made: ${rowsInDefault} of its rows lie in the DEFAULT partition`, {
      code: 'rows_in_default',
      hint: `--method swap --fresh carries them over; or call ${schema}.partition_data_proc('${parent}') and run a new backfill`,
    });
  }
  await connection.run(
    `begin; set local timezone = '${zone}'; set local lock_timeout = '3s'; ` +
      `select ${quoteName(schema)}.create_partition_time('${parent.replaceAll("'", "''")}', array['${instant(fromUs)}'::timestamptz]); commit`,
  );
}

/** Gives a table that will be a partition what pg_partman gives to those that it makes. */
export async function dressByPartman(
  connection: Connection,
  { schema, parent, template, inheritsPrivileges }: Partman,
  { name, liveName, ...place }: { readonly schema: string; readonly name: string; readonly liveName: string },
): Promise<void> {
  const own = quoteName(schema);
  if (template !== undefined) {
    await connection.rows(`select ${own}.inherit_template_properties($1, $2, $3)::text`, [parent, place.schema, name]);
  }
  if (inheritsPrivileges) {
    await connection.rows(
      `select ${own}.apply_privileges(n.nspname::text, c.relname::text, $2, $3)::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname || '.' || c.relname = $1`,
      [parent, place.schema, name],
    );
  }
  const made = await connection.rows(
    'select indexname as name from pg_indexes where schemaname = $1 and tablename = $2',
    [place.schema, name],
  );
  for (const { name: index } of made) {
    if (!String(index).startsWith(`${name}_`)) continue;
    const wanted = cut(liveName, String(index).slice(name.length));
    await connection.run(
      `alter index ${quoteName(place.schema)}.${quoteName(String(index))} rename to ${quoteName(wanted)}`,
    );
  }
}

/** What a user has to know of a table that pg_partman manages. */
export async function partmanWords(
  connection: Connection,
  found: Partman | 'unknown' | undefined,
  partitions: readonly PlannedPartition[],
): Promise<{ readonly notes: readonly string[]; readonly warnings: readonly string[] }> {
  if (found === undefined) return { notes: [], warnings: [] };
  if (found === 'unknown') {
    const warning =
      'pg_partman is installed, and this role may not read its part_config: whether it manages the table is not known';
    return { notes: [], warnings: [warning] };
  }
  const { parent, interval, premake, template, retention, keepsTable } = found;
  const like = template === undefined ? '' : ` after its template ${template}`;
  const notes = [
    `${parent} is managed by pg_partman (interval ${interval}, premake ${premake}): new partitions are named as it names them and made${like}`,
  ];
  if (retention === undefined) return { notes, warnings: [] };
  const [row] = await connection.rows(`select extract(epoch from now() - $1::interval)::float8 as since`, [retention]);
  const old = partitions.filter(({ toUs }) => toUs <= Number(row?.since) * 1e6);
  if (old.length === 0) return { notes, warnings: [] };
  const fate = keepsTable ? 'take them out of the table' : 'drop them';
  const warning = `${old.length} of these partitions are older than the retention of pg_partman (${retention}): its next maintenance will ${fate}`;
  return { notes, warnings: [warning] };
}

const instant = (timeUs: number) => new Date(Math.floor(timeUs / 1_000)).toISOString();
