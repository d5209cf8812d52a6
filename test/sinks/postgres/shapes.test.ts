import { expect, test } from 'vitest';
import { openSink } from '../../../src/sinks/open.js';
import { count, deliver } from '../../support/batches.js';
import { CONTEXT, openTestTable } from '../../support/tables.js';

const AT = '2024-01-01T00:00:00Z';

test('columns with a default keep it for events that lack the field, and take NULL when the event says so', async () => {
  await using t = await openTestTable(
    `create table t (event_id text primary key, a int default 7, b text default 'x', id bigint generated always as identity, twice int generated always as (a * 2) stored)`,
  );
  const verdicts = await deliver(t.sink, [
    { event_id: 'e1' },
    { event_id: 'e2', a: 1 },
    { event_id: 'e3', b: null },
    { event_id: 'e4', a: 2, b: 'y' },
  ]);
  expect(count(verdicts)).toEqual({ accepted: 4 });
  expect(await t.rows('event_id, a, b, twice')).toEqual([
    { event_id: 'e1', a: 7, b: 'x', twice: 14 },
    { event_id: 'e2', a: 1, b: 'x', twice: 2 },
    { event_id: 'e3', a: 7, b: null, twice: 14 },
    { event_id: 'e4', a: 2, b: 'y', twice: 4 },
  ]);
});

test('a table with other types is written as text, all of them in one way', async () => {
  await using t =
    await openTestTable(`create type mood as enum ('ok', 'bad'); create domain small as int check (value < 100);
    do $$ begin execute format('alter database %I set array_nulls to off', current_database()); end $$;
    create table t (event_id text, occurred_at timestamptz, ip inet, tags text[], grid int[], took interval, raw bytea, mood mood, small small, props jsonb, note text, big numeric,
    primary key (event_id, occurred_at)) partition by range (occurred_at)`);
  const full = `{"event_id":"e1","occurred_at":"2024-01-01T00:00:00.000001Z","ip":"10.0.0.1/8","tags":["a,\\"b\\"",null,"c\\\\d"],"grid":[[1,2],[3,4]],"took":"1 day 2 hours","raw":"\\\\x00ff","mood":"ok","small":5,"props":{"a":"t\\tb\\\\n\\n"},"note":"line\\nbreak\\ttab\\\\N","big":12345678901234567890.5}`;
  expect(
    await deliver(t.sink, [
      full,
      { event_id: 'e2', occurred_at: AT, note: '\\N' },
      { event_id: 'e3', occurred_at: AT, ip: 'nowhere' },
      { event_id: 'e4' },
    ]),
  ).toMatchObject([
    { kind: 'accepted' },
    { kind: 'accepted' },
    { kind: 'rejected', code: 'sqlstate_22P02' },
    { kind: 'rejected', code: 'partition_key_null' },
  ]);
  expect(count(await deliver(t.sink, [full]))).toEqual({ duplicate: 1 });
  expect(
    await t.rows(
      'event_id, occurred_at::text, ip::text, tags, grid, took::text, raw, mood, small, props, note, big::text',
    ),
  ).toEqual([
    {
      event_id: 'e1',
      occurred_at: '2024-01-01 00:00:00.000001+00',
      ip: '10.0.0.1/8',
      tags: ['a,"b"', null, 'c\\d'],
      grid: [
        [1, 2],
        [3, 4],
      ],
      took: '1 day 02:00:00',
      raw: Buffer.from([0, 255]),
      mood: 'ok',
      small: 5,
      props: { a: 't\tb\\n\n' },
      note: 'line\nbreak\ttab\\N',
      big: '12345678901234567890.5',
    },
    {
      event_id: 'e2',
      occurred_at: '2024-01-01 00:00:00+00',
      ip: null,
      tags: null,
      grid: null,
      took: null,
      raw: null,
      mood: null,
      small: null,
      props: null,
      note: '\\N',
      big: null,
    },
  ]);
});

test.each([
  ['0', '0'],
  ['-0.00', '0.00'],
  ['1e3', '1000'],
  ['12.5e-3', '0.0125'],
  ['123456789.987654321', '123456789.987654321'],
  ['0.00001', '0.00001'],
  ['100000000', '100000000'],
  ['-99999999999999999999.0001', '-99999999999999999999.0001'],
  ['"  42.10 "', '42.10'],
  ['"NaN"', 'NaN'],
])('the number %s arrives digit for digit as numeric', async (json, text) => {
  await using t = await openTestTable('create table t (event_id text primary key, n numeric)');
  expect(await deliver(t.sink, [`{"event_id":"e","n":${json}}`])).toEqual([{ kind: 'accepted' }]);
  expect(await t.rows('n::text')).toEqual([{ n: text }]);
});

test('unicode, empty texts and long texts arrive as they are', async () => {
  await using t = await openTestTable('create table t (event_id text primary key, note text, props json)');
  const notes = ['', 'zürich 🎵', 'é'.repeat(5_000), '\u2028', ' '.repeat(95), 'ü'.repeat(95)];
  expect(
    count(
      await deliver(
        t.sink,
        notes.map((note, n) => ({ event_id: `ê${n}`, note, props: { note } })),
      ),
    ),
  ).toEqual({ accepted: notes.length });
  expect((await t.rows('note')).map(({ note }) => note)).toEqual(notes);
});

test('the whole event goes where it is told to, and a pointer reaches into it', async () => {
  await using t = await openTestTable(
    'create table t (event_id text primary key, doc jsonb, model text, payload jsonb)',
    {
      query: '&payload=doc&column.model=/context/device/model',
    },
  );
  await deliver(t.sink, [{ event_id: 'e', payload: { a: 1 }, context: { device: { model: 'X9' } } }]);
  expect(await t.rows('model, payload, doc->>$$event_id$$ as id')).toEqual([
    { model: 'X9', payload: { a: 1 }, id: 'e' },
  ]);
});

test('keys of other types and orders find what is there', async () => {
  await using t = await openTestTable(
    `create table t (tenant int, occurred_at date, event_id bigint, kind varchar(8), primary key (tenant, occurred_at, event_id, kind)) partition by range (occurred_at)`,
  );
  const events = Array.from({ length: 30 }, (_, n) => ({
    tenant: n % 3,
    occurred_at: AT,
    event_id: 9_007_199_254_740_990n + BigInt(n),
    kind: 'k',
  })).map((event) => `{"tenant":${event.tenant},"occurred_at":"${AT}","event_id":"${event.event_id}","kind":"k"}`);
  expect(count(await deliver(t.sink, events))).toEqual({ accepted: 30 });
  expect(count(await deliver(t.sink, events))).toEqual({ duplicate: 30 });
  expect(await deliver(t.sink, [`{"tenant":null,"occurred_at":"${AT}","event_id":"1","kind":"k"}`])).toMatchObject([
    { code: 'key_null', pointer: '/tenant' },
  ]);
});

test('a role that may write into the table but not into its partitions goes through the table', async () => {
  await using t =
    await openTestTable(`create table t (event_id text, occurred_at timestamptz, primary key (event_id, occurred_at)) partition by range (occurred_at);
    create table t_20240101 partition of t for values from ('2024-01-01') to ('2024-01-02');
    do $$ begin create role parent_writer login; exception when others then null; end $$; grant select, insert on t to parent_writer`);
  const url = new URL(t.database.url);
  url.username = 'parent_writer';
  await using sink = await openSink(`${url.href}?table=t`, CONTEXT);
  expect(count(await deliver(sink, [{ event_id: 'e', occurred_at: '2024-01-01T05:00:00Z' }]))).toEqual({ accepted: 1 });
  expect(count(await deliver(sink, [{ event_id: 'e', occurred_at: '2024-01-01T05:00:00Z' }]))).toEqual({
    duplicate: 1,
  });
});

test('names that need quotes are quoted', async () => {
  await using t = await openTestTable(
    `create schema "My Schema"; create table "My Schema"."T ""1""" ("event_id" text primary key, "a ""b""" int)`,
    {
      query: `&table="My Schema"."T ""1"""`,
    },
  );
  expect(count(await deliver(t.sink, [{ event_id: 'e', 'a "b"': 3 }]))).toEqual({ accepted: 1 });
});

test('triggers that run once a statement on a partitioned table see its rows', async () => {
  await using t =
    await openTestTable(`create table t (event_id text, occurred_at timestamptz, primary key (event_id, occurred_at)) partition by range (occurred_at); create table seen (n int);
    create function see() returns trigger language plpgsql as $$ begin insert into seen select count(*) from fresh; return null; end $$;
    create trigger s after insert on t referencing new table as fresh for each statement execute function see()`);
  expect(
    count(
      await deliver(t.sink, [
        { event_id: 'a', occurred_at: AT },
        { event_id: 'b', occurred_at: AT },
      ]),
    ),
  ).toEqual({ accepted: 2 });
  expect(await t.database.query('select sum(n)::int as n from seen')).toEqual([{ n: 2 }]);
});

test('dates and times without a zone are stored as they are written, whatever the zone of the run', async () => {
  await using t = await openTestTable(
    'create table t (event_id text primary key, day date, at timestamp, instant timestamptz)',
    { context: { timezone: 'Asia/Tokyo' } },
  );
  await deliver(t.sink, [
    { event_id: 'e', day: '2024-05-01', at: '2024-05-01 00:30:00', instant: '2024-05-01 00:30:00' },
  ]);
  expect(await t.rows('day::text, at::text, instant::text')).toEqual([
    { day: '2024-05-01', at: '2024-05-01 00:30:00', instant: '2024-04-30 15:30:00+00' },
  ]);
});

test.each([
  ['timestamptz(3)', 'text', '2024-01-01T00:00:00.123456Z'],
  ['timestamp(0)', 'text', '2024-01-01T00:00:00.7Z'],
  ['timestamptz(3)', 'inet', '2024-01-01T00:00:00.123456Z'],
  ['numeric(6,2)', 'text', 12.345],
])('keys that %s beside %s rounds are found again', async (type, idType, value) => {
  await using t = await openTestTable(
    `create table t (event_id ${idType}, occurred_at timestamptz, k ${type}, primary key (event_id, k))`,
  );
  const sent = Array.from({ length: 20 }, (_, n) => ({ event_id: `10.0.0.${n}`, k: value }));
  expect(count(await deliver(t.sink, sent))).toEqual({ accepted: 20 });
  for (let run = 0; run < 3; run++) expect(count(await deliver(t.sink, sent))).toEqual({ duplicate: 20 });
});

for (const other of ['int', 'inet']) {
  test(`times that lie far away keep their digits, beside a column of type ${other}`, async () => {
    await using t = await openTestTable(
      `create table t (event_id text, occurred_at timestamptz, until timestamptz, local timestamp, day date, ms timestamptz, other ${other}, primary key (event_id, occurred_at))`,
    );
    const events = ['9999-12-31T23:59:59.999999Z', '2500-06-07T08:09:10.123457Z', '0001-01-01T00:00:00.000001Z'].map(
      (time, at) => ({
        event_id: `e${at}`,
        occurred_at: '2024-01-01T00:00:00Z',
        until: time,
        local: time,
        day: time,
        ms: 99_999_999_999_999,
      }),
    );
    expect(count(await deliver(t.sink, events))).toEqual({ accepted: 3 });
    const text = (column: string) => `${column} at time zone 'UTC' || '' as ${column}`;
    expect(await t.rows(`${text('until')}, local::text, day::text, ${text('ms')}`)).toEqual(
      ['9999-12-31 23:59:59.999999', '2500-06-07 08:09:10.123457', '0001-01-01 00:00:00.000001'].map((time) => ({
        ...{ until: time, local: time, day: time.slice(0, 10), ms: '5138-11-16 09:46:39.999' },
      })),
    );
  });
}

test('columns that a partition would leave empty, or fill in another way, are filled as the table says', async () => {
  await using t = await openTestTable(`
    create table t (event_id text, occurred_at timestamptz, n int generated always as identity, berth text default 'north',
      primary key (event_id, occurred_at)) partition by range (occurred_at);
    create table t_20240101 (event_id text not null, occurred_at timestamptz not null, n int not null, berth text default 'quay');
    alter table t attach partition t_20240101 for values from ('2024-01-01 00:00+00') to ('2024-01-02 00:00+00')`);
  const events = [
    { event_id: 'e0', occurred_at: '2024-01-01T05:00:00Z' },
    { event_id: 'e1', occurred_at: '2024-01-02T05:00:00Z' },
  ];
  expect(count(await deliver(t.sink, events))).toEqual({ accepted: 2 });
  expect(count(await deliver(t.sink, events))).toEqual({ duplicate: 2 });
  expect(await t.database.query('select event_id, n > 0 as numbered, berth from t order by event_id')).toEqual([
    { event_id: 'e0', numbered: true, berth: 'north' },
    { event_id: 'e1', numbered: true, berth: 'north' },
  ]);
});
