import type { Connection } from '../../../postgres/connection.js';

/** Makes the tables where they are missing; several machines may do so at once. */
export async function makeTables(connection: Connection): Promise<void> {
  await connection.run(`
    begin;
    select pg_advisory_xact_lock(${LOCK_CLASS}, 0);
    create table if not exists respool_ledger_sinks (
      number int generated always as identity primary key, label text not null unique,
      mark text, is_open boolean not null default false);
    create table if not exists respool_ledger_writers (
      number int generated always as identity primary key,
      run text not null, source text not null, started_at timestamptz not null);
    create table if not exists respool_ledger (
      sink int not null, id bytea not null, state smallint not null, writer int not null, part int not null,
      place bigint not null, primary key (sink, id));
    commit`);
}

/** First key of the advisory locks that living writers hold: `resp` in ASCII. */
export const LOCK_CLASS = 0x72657370;

/** A state that only rows have: being sent. */
export const SENDING = 5;

/** Writers that are alive: each holds a lock. */
const ALIVE = `select k.objid::bigint::int from pg_locks as k
  where k.locktype = 'advisory' and k.classid = ${LOCK_CLASS} and k.objsubid = 2
    and k.database = (select oid from pg_database where datname = current_database())`;

/** $1 sink, $2 ids. */
export const LOOK = `
  select t.at::int - 1 as at, l.state, l.writer, l.part, l.place::float8 as place, w.run, l.writer in (${ALIVE}) as is_alive
  from unnest($2::bytea[]) with ordinality as t(id, at)
  join respool_ledger as l on l.sink = $1::int and l.id = t.id
  join respool_ledger_writers as w on w.number = l.writer`;

/** $1 sink, $2 writer, $3 part, $4 ids, $5 places. */
export const CLAIM_FREE = `
  insert into respool_ledger (sink, id, state, writer, part, place)
  select $1::int, t.id, ${SENDING}, $2::int, $3::int, t.place
  from unnest($4::bytea[], $5::bigint[]) as t(id, place) order by t.id
  on conflict (sink, id) do nothing
  returning encode(id, 'hex') as id`;

/** The same, for rows that are there: left by the dead, or this writer's own, whose answer was lost. $6 whether those that were taken are claimed too. */
export const CLAIM_LEFT = `
  update respool_ledger as l set state = ${SENDING}, writer = $2::int, part = $3::int, place = t.place
  from unnest($4::bytea[], $5::bigint[]) as t(id, place)
  where l.sink = $1::int and l.id = t.id and (l.state <> 1 or $6::boolean)
    and (l.state <> ${SENDING} or l.writer = $2::int or l.writer not in (${ALIVE}))
  returning encode(l.id, 'hex') as id`;

/** $1 sink, $2 writer, $3 ids, $4 states. */
export const SETTLE = `
  update respool_ledger as l set state = t.state from unnest($3::bytea[], $4::int[]) as t(id, state)
  where l.sink = $1::int and l.id = t.id and l.writer = $2::int`;

/** $1 sink, $2 writer, $3 ids that were not taken. */
export const FREE_AGAIN = `
  delete from respool_ledger as l using unnest($3::bytea[]) as t(id)
  where l.sink = $1::int and l.id = t.id and l.writer = $2::int`;

/** The mark of a sink; $1 sink, $2 mark. */
export const MARK = 'select mark, is_open from respool_ledger_sinks where number = $1::int';
export const OPEN_MARK = 'update respool_ledger_sinks set is_open = true where number = $1::int';
export const SET_MARK = 'update respool_ledger_sinks set mark = $2, is_open = false where number = $1::int';
export const CLEAR_MARK = 'update respool_ledger_sinks set mark = null, is_open = false where number = $1::int';

/** An array of bytes as PostgreSQL reads it. */
export function bytesArray(hex: readonly string[]): string {
  return `{${hex.map((digits) => `"\\\\x${digits}"`).join(',')}}`;
}

const ENTRY = `
  select s.number, s.label, encode(l.id, 'hex') as id, l.state, l.part, l.place::float8 as place, w.run, w.source,
    to_char(w.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as started_at,
    l.writer in (${ALIVE}) as is_alive
  from respool_ledger as l
  join respool_ledger_sinks as s on s.number = l.sink
  join respool_ledger_writers as w on w.number = l.writer`;

/** $1 id in hex. */
export const FIND = `${ENTRY} where l.id = decode($1, 'hex') order by s.number`;

/** Behind an entry: $1 number of its sink, $2 its id in hex, $3 most rows. */
export const LIST = `${ENTRY} where (l.sink, l.id) > ($1::int, decode($2, 'hex'))
  order by l.sink, l.id limit $3::int`;

/** $1 an instant. Living writers keep theirs. */
export const PRUNE = `
  with gone as (
    delete from respool_ledger as l using respool_ledger_writers as w
    where w.number = l.writer and w.started_at < $1::timestamptz and w.number not in (${ALIVE})
    returning 1)
  select count(*) as pruned from gone`;
