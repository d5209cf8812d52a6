import { expect, test } from 'vitest';
import { openSink } from '../../../src/sinks/open.js';
import { createDatabase } from '../../support/postgres.js';
import { CONTEXT, openTestTable } from '../../support/tables.js';

test.each([
  [
    'no key at all',
    'create table t (event_id text, occurred_at timestamptz)',
    '',
    'no_unique_key',
    'no unique key with column event_id',
  ],
  ['a key without the id', 'create table t (event_id text, n int unique)', '', 'no_unique_key', 'only t_n_key (n)'],
  [
    'a partial key',
    'create table t (event_id text, n int); create unique index on t (event_id) where n > 0',
    '',
    'no_unique_key',
    'rerun',
  ],
  [
    'a key with now()',
    'create table t (event_id text, received_at timestamptz default now(), primary key (event_id, received_at))',
    '',
    'key_filled_by_default',
    'received_at',
  ],
  [
    'a key with a sequence',
    'create table t (event_id text, n bigserial, primary key (event_id, n))',
    '',
    'key_filled_by_default',
    'rerun',
  ],
  [
    'no column for the id',
    'create table t (id bigserial primary key, body jsonb)',
    '',
    'no_id_column',
    'no column for the event',
  ],
  [
    'a chosen column that is not there',
    'create table t (event_id text primary key, body jsonb)',
    '&payload=boody',
    'no_such_column',
    'no column "boody"',
  ],
  [
    'a generated column that is chosen',
    'create table t (event_id text primary key, n int generated always as (1) stored)',
    '&column.n=/n',
    'no_such_column',
    'generated',
  ],
  ['an unknown option', 'create table t (event_id text primary key)', '&payloud=x', 'bad_sink_option', 'payloud'],
  ['a schema that is not there', '', '&table=nope.t', 'no_such_schema', 'no schema "nope"'],
])('%s is refused before the first row', async (_, sql, query, code, text) => {
  await expect(openTestTable(sql, { query }), text).rejects.toMatchObject({
    code,
    exitCode: 3,
    message: expect.stringContaining(text),
  });
});

test('a typo in a column is answered with the name that was meant', async () => {
  await expect(
    openTestTable('create table t (event_id text primary key, body jsonb)', { query: '&payload=boddy' }),
  ).rejects.toMatchObject({ hint: 'did you mean "body"?' });
});

test('a column that must have a value and that no event fills is refused when sampled members are known', async () => {
  const sql = 'create table t (event_id text primary key, occurred_at timestamptz, tenant int not null)';
  await expect(
    openTestTable(sql, { context: { members: new Set(['event_id', 'occurred_at']) } }),
  ).rejects.toMatchObject({ code: 'column_unfilled', message: expect.stringContaining('tenant') });
  await using t = await openTestTable(sql, { context: { members: new Set(['event_id', 'occurred_at', 'tenant']) } });
  expect(t.sink.describe().notes.join()).toContain('tenant ← /tenant');
});

test('opening writes nothing', async () => {
  await using t = await openTestTable('');
  expect(t.sink.describe().notes[0]).toBe(
    'table public.t is missing and will be made: event_id, occurred_at, name, payload, key (event_id, occurred_at)',
  );
  expect(await t.database.query(`select to_regclass('t') as t`)).toEqual([{ t: null }]);
});

test('the label holds neither user nor password', async () => {
  await using database = await createDatabase();
  await database.query(`create role "who@me" login superuser password 'p@ss/word'`).catch(() => undefined);
  const url = new URL(database.url);
  await using sink = await openSink(`postgres://who%40me:p%40ss%2Fword@${url.host}${url.pathname}?table=t`, CONTEXT);
  expect(sink.label).toBe(`postgres://${url.host}${url.pathname}?table=public.t`);
  expect(JSON.stringify(sink.describe())).not.toMatch(/p@ss|word|who@me/);
});

test('a database that is not there and a server that does not answer are told apart', async () => {
  await using database = await createDatabase();
  await expect(openSink(`${database.url}_not`, CONTEXT)).rejects.toMatchObject({
    code: 'database_refused',
    exitCode: 2,
  });
  await expect(openSink('postgres://someone:secret@127.0.0.1:1/x', CONTEXT)).rejects.toMatchObject({
    code: 'database_unreachable',
    exitCode: 4,
    message: expect.not.stringContaining('secret'),
  });
});

test('libpq variables stand in for what the address leaves out', async () => {
  await using database = await createDatabase();
  const { hostname, port, username, pathname } = new URL(database.url);
  const env = { PGHOST: hostname, PGPORT: port, PGUSER: username, PGDATABASE: pathname.slice(1) };
  await using sink = await openSink('postgres:///?table=t', { ...CONTEXT, env });
  expect(sink.label).toBe(`postgres://${hostname}:${port}${pathname}?table=public.t`);
});

test('a role without rights is refused with the reason', async () => {
  await using t = await openTestTable(
    'create table t (event_id text primary key); do $$ begin create role nobody_here login; exception when others then null; end $$',
  );
  const url = new URL(t.database.url);
  url.username = 'nobody_here';
  await expect(openSink(`${url.href}?table=t`, CONTEXT)).rejects.toMatchObject({
    code: 'no_table_rights',
    message: expect.stringContaining('insert'),
  });
});

test('a table under row security is refused with the way out', async () => {
  await using t =
    await openTestTable(`create table t (event_id text primary key); alter table t enable row level security;
    do $$ begin create role writer_here login; exception when others then null; end $$; grant all on t to writer_here`);
  const url = new URL(t.database.url);
  url.username = 'writer_here';
  await expect(openSink(`${url.href}?table=t`, CONTEXT)).rejects.toMatchObject({ code: 'row_security' });
});

test.each([
  ['postgress://x/y', 'did you mean "postgres:"?'],
  ['kafka://x/y', expect.stringContaining('pglite:<folder>')],
])('the unknown sink %s is refused', async (address, hint) => {
  await expect(openSink(address, CONTEXT)).rejects.toMatchObject({ code: 'unknown_sink', exitCode: 3, hint });
});
