import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import type { TablePlan } from '../../sinks/postgres/plan.js';
import type { SwapNames } from './names.js';

/** Where rows may be written while their successor is being built, and where it is built. */
export interface Capture {
  readonly names: SwapNames;
  readonly table: TablePlan;
  /** What others write to, quoted: the live partition, or the DEFAULT partition. */
  readonly from: string;
  /** What must hold the same in the end. */
  readonly to: readonly Destination[];
  /** All columns that can be written, quoted. */
  readonly columns: readonly string[];
}

/** A relation that takes some of the rows. */
export interface Destination {
  /** Quoted. */
  readonly relation: string;
  /** Which rows of `from` belong into it. */
  readonly within: string;
}

/** So many keys are carried over at once. */
export const SYNC_KEYS = 20_000;

/**
 * The statements that note down the key of every row that is written to `from` from now on. They wait for writers that
 * are under way, so run them under a lock timeout. Doing it again changes nothing.
 */
export function captureSql({ names, table, from }: Capture): readonly string[] {
  const keys = table.key.map(({ column }) => quoteName(column.name));
  const list = keys.join(', ');
  const note = (row: string) =>
    `insert into ${names.changes} (${list}) values (${keys.map((key) => `${row}.${key}`).join(', ')});`;
  const trigger = quoteName(names.trigger);
  return [
    `create table if not exists ${names.changes} (respool_seq bigint generated always as identity primary key, ${table.key
      .map(({ column }, at) => `${keys[at]} ${column.typeName}`)
      .join(', ')})`,
    `create or replace function ${names.capture}() returns trigger language plpgsql security definer set search_path = pg_catalog as $respool$
     begin
       if tg_op = 'TRUNCATE' then insert into ${names.changes} default values; return null; end if;
       if tg_op <> 'DELETE' then ${note('new')} end if;
       if tg_op <> 'INSERT' then ${note('old')} end if;
       return null;
     end $respool$`,
    `drop trigger if exists ${trigger} on ${from}`,
    `drop trigger if exists ${truncateTrigger(names)} on ${from}`,
    `create trigger ${trigger} after insert or update or delete on ${from} for each row execute function ${names.capture}()`,
    `create trigger ${truncateTrigger(names)} before truncate on ${from} for each statement execute function ${names.capture}()`,
    `alter table ${from} enable always trigger ${trigger}, enable always trigger ${truncateTrigger(names)}`,
  ];
}

/** The statements that end the capture; `from` under the name that it has then. */
export function endCaptureSql(names: SwapNames, from: string): readonly string[] {
  return [
    `drop trigger if exists ${quoteName(names.trigger)} on ${from}`,
    `drop trigger if exists ${truncateTrigger(names)} on ${from}`,
  ];
}

/** The statement that takes away what the capture has made, once no trigger uses it. */
export function forgetCaptureSql({ changes, capture }: SwapNames): string {
  return `drop table if exists ${changes}; drop function if exists ${capture}()`;
}

/** Notes down the rows of `from` that were written after `snapshot` but before the capture began; all of them without one. */
export async function seedCapture(
  connection: Connection,
  { names, table, from, to }: Capture,
  snapshot: string | undefined,
): Promise<void> {
  const list = table.key.map(({ column }) => quoteName(column.name)).join(', ');
  const young = snapshot === undefined ? 'true' : youngerThan(snapshot);
  await connection.run(
    `insert into ${names.changes} (${list}) select ${list} from ${from} where (${to.map(({ within }) => `(${within})`).join(' or ')}) and ${young}`,
  );
}

/**
 * That a row was written by a transaction that `snapshot` does not see. Row headers hold half of a transaction's number;
 * the other half is that of the present, or one less.
 */
export function youngerThan(snapshot: string): string {
  const now = `(select pg_snapshot_xmax(pg_current_snapshot())::text::int8)`;
  const half = '4294967296';
  const full = `(${now} / ${half} * ${half} + xmin::text::int8)`;
  const number = `greatest(case when ${full} > ${now} then ${full} - ${half} else ${full} end, 3)`;
  return `(xmin::text::int8 > 2 and not pg_visible_in_snapshot((${number})::text::xid8, '${snapshot}'::pg_snapshot))`;
}

/** How many writes have been noted in all. */
export async function notedWrites(connection: Connection, { names }: Capture): Promise<number> {
  const [found] = await connection.rows(`select pg_get_serial_sequence($1, 'respool_seq') as sequence`, [
    names.changes,
  ]);
  const [row] = await connection.rows(
    `select case when is_called then last_value else 0 end::text as noted from ${String(found?.sequence)}`,
  );
  return Number(row?.noted);
}

/** How many keys wait to be carried over; `isTruncated` when the whole of `from` was emptied. */
export async function changesLeft(
  connection: Connection,
  { names, table }: Capture,
): Promise<{ readonly left: number; readonly isTruncated: boolean }> {
  const first = quoteName(table.key[0]?.column.name ?? '');
  const [row] = await connection.rows(
    `select count(*)::text as left, bool_or(${first} is null) as truncated from ${names.changes}`,
  );
  return { left: Number(row?.left), isTruncated: row?.truncated === true };
}

/**
 * The statements that make the destinations hold what `from` holds of the noted keys, at most so many of them at once. A key that is
 * written again meanwhile is noted again.
 */
export function syncSql(
  { names, table, from, to, columns }: Capture,
  most: number | undefined = SYNC_KEYS,
): readonly string[] {
  const keys = table.key.map(({ column }) => quoteName(column.name));
  const list = keys.join(', ');
  const match = (relation: string) => keys.map((key) => `${relation}.${key} = k.${key}`).join(' and ');
  const which =
    most === undefined
      ? ''
      : ` where respool_seq in (select respool_seq from ${names.changes} order by respool_seq limit ${most})`;
  return [
    // A few keys are looked up one by one: nothing is known of them that would keep the planner from reading all of `from`.
    'set local enable_hashjoin = off',
    'set local enable_mergejoin = off',
    'drop table if exists pg_temp.respool_keys',
    'create temp table respool_keys on commit drop as ' +
      `with gone as (delete from ${names.changes}${which} returning ${list}) select distinct ${list} from gone`,
    ...to.flatMap(({ relation, within }) => [
      `delete from ${relation} t using pg_temp.respool_keys k where ${match('t')}`,
      `insert into ${relation} (${columns.join(', ')}) overriding system value ` +
        `select ${columns.map((column) => `t.${column}`).join(', ')} from (select * from ${from} where ${within}) t join pg_temp.respool_keys k on ${match('t')}`,
    ]),
    'set local enable_hashjoin to default',
    'set local enable_mergejoin to default',
  ];
}

function truncateTrigger(names: SwapNames): string {
  return quoteName(`${names.trigger}_t`);
}
