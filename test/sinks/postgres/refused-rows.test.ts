import { expect, test } from 'vitest';
import { count, deliver } from '../../support/batches.js';
import { openTestTable } from '../../support/tables.js';

const AT = '2024-01-01T00:00:00Z';

function numbered(length: number, change: (n: number) => object = () => ({})) {
  return Array.from({ length }, (_, n) => ({
    event_id: `e${String(n).padStart(5, '0')}`,
    occurred_at: AT,
    n,
    ...change(n),
  }));
}

test('rows that break a check are isolated, however many, and their neighbours land', async () => {
  await using t = await openTestTable(
    'create table t (event_id text primary key, occurred_at timestamptz, n int check (n % 7 <> 3))',
  );
  const verdicts = await deliver(t.sink, numbered(2_000));

  expect(count(verdicts)).toEqual({ accepted: 1_714, rejected: 286 });
  expect(verdicts[3]).toEqual({
    kind: 'rejected',
    code: 'sqlstate_23514',
    reason: 'new row for relation "t" violates check constraint "t_n_check"',
  });
  expect(verdicts[4]).toEqual({ kind: 'accepted' });
  expect(count(await deliver(t.sink, numbered(2_000)))).toEqual({ duplicate: 1_714, rejected: 286 });
  expect(await t.database.query('select count(*)::int as n from t')).toEqual([{ n: 1_714 }]);
});

test.each([
  ['an overflow', { n: 40_000 }, { code: 'sqlstate_22003', pointer: '/n' }],
  ['text for a number', { n: 'many' }, { code: 'sqlstate_22P02', pointer: '/n' }],
  ['a fraction for a whole number', { n: 1.5 }, { code: 'sqlstate_22P02', pointer: '/n' }],
  ['a NUL in text', { note: 'a\0b' }, { code: 'nul_character', pointer: '/note' }],
  ['a NUL in jsonb', { props: { a: 'x\0' } }, { code: 'nul_character' }],
  ['no value for NOT NULL', { must: null }, { code: 'not_null', pointer: '/must' }],
  ['text that is too long', { short: 'abcd' }, { code: 'sqlstate_22001' }],
  ['an unknown label of an enum', { mood: 'bored' }, { code: 'sqlstate_22P02' }],
  ['no uuid', { ref: 'x' }, { code: 'sqlstate_22P02', pointer: '/ref' }],
  ['no time', { seen: 'soon' }, { code: 'sqlstate_22007', pointer: '/seen' }],
  ['an error raised by a trigger', { note: 'raise' }, { code: 'sqlstate_P0001', reason: 'not this one' }],
  ['an error raised at the end of the statement', { note: 'raise after' }, { code: 'sqlstate_ABC01' }],
  ['a missing foreign row', { parent: 7 }, { code: 'sqlstate_23503' }],
  ['another unique constraint', { serial: 1 }, { code: 'sqlstate_23505' }],
  ['a row that a trigger drops', { note: 'drop' }, { code: 'suppressed_by_trigger' }],
])('%s costs only its own event', async (_, change, rejection) => {
  await using t = await openTestTable(`
    create type mood as enum ('happy', 'sad');
    create table parents (id int primary key); insert into parents values (1);
    create table t (event_id text, occurred_at timestamptz, n smallint, note text, props jsonb, must text not null, short varchar(3), mood mood,
      ref uuid, seen timestamptz, parent int references parents deferrable initially deferred, serial int unique, primary key (event_id));
    create function check_note() returns trigger language plpgsql as $$ begin
      if new.note = 'raise' then raise exception 'not this one'; end if;
      if new.note = 'drop' then return null; end if; return new; end $$;
    create function check_after() returns trigger language plpgsql as $$ begin
      if new.note = 'raise after' then raise exception 'not that one' using errcode = 'ABC01'; end if; return null; end $$;
    create trigger b before insert on t for each row execute function check_note();
    create trigger a after insert on t for each row execute function check_after()`);
  const good = (n: number) => ({
    must: 'x',
    n,
    short: 'abc',
    mood: 'sad',
    parent: 1,
    seen: AT,
    ...(n === 0 ? { serial: 1 } : {}),
  });
  const sent = numbered(40, (n) => (n === 20 ? { ...good(n), ...change } : good(n)));
  const verdicts = await deliver(t.sink, sent);

  expect(verdicts[20]).toMatchObject({ kind: 'rejected', ...rejection });
  expect(count(verdicts)).toEqual({ accepted: 39, rejected: 1 });
  expect(await t.database.query('select count(*)::int as n from t')).toEqual([{ n: 39 }]);
});

test('a repeated id within a batch is a duplicate, unless the first of them was refused', async () => {
  await using t = await openTestTable(
    'create table t (event_id text primary key, occurred_at timestamptz, n int check (n > 0))',
  );
  const verdicts = await deliver(t.sink, [
    { event_id: 'a', occurred_at: AT, n: 1 },
    { event_id: 'a', occurred_at: AT, n: 2 },
    { event_id: 'b', occurred_at: AT, n: -1 },
    { event_id: 'b', occurred_at: AT, n: 3 },
    { event_id: 'b', occurred_at: AT, n: 4 },
  ]);

  expect(verdicts.map(({ kind }) => kind)).toEqual(['accepted', 'duplicate', 'rejected', 'accepted', 'duplicate']);
  expect(await t.rows('event_id, n')).toEqual([
    { event_id: 'a', n: 1 },
    { event_id: 'b', n: 3 },
  ]);
});

test('keys that are equal in the eyes of the server only are duplicates', async () => {
  await using t = await openTestTable(
    'create extension citext; create table t (event_id citext primary key, occurred_at timestamptz)',
  );
  const verdicts = await deliver(
    t.sink,
    ['Ab', 'cd', 'AB', 'ef', 'CD'].map((event_id) => ({ event_id, occurred_at: AT })),
  );

  expect(count(verdicts)).toEqual({ accepted: 3, duplicate: 2 });
});

test.each([
  ['a domain with a check', `create domain key as text check (value <> 'bad')`, 'key', (n: number) => `e${n}`],
  [
    'an enum',
    `create type key as enum (${Array.from({ length: 20 }, (_, n) => `'e${n}'`)})`,
    'key',
    (n: number) => `e${n}`,
  ],
  ['an address', '', 'inet', (n: number) => `10.0.0.${n}`],
])('an event whose key is nothing that %s can hold is refused alone, on every run', async (_, sql, type, id) => {
  await using t = await openTestTable(`${sql}; create table t (event_id ${type} primary key, occurred_at timestamptz)`);
  const sent = Array.from({ length: 20 }, (_, n) => ({ event_id: n === 11 ? 'bad' : id(n), occurred_at: AT }));

  expect(count(await deliver(t.sink, sent))).toEqual({ accepted: 19, rejected: 1 });
  for (let run = 0; run < 3; run++) {
    const verdicts = await deliver(t.sink, sent);
    expect(count(verdicts)).toEqual({ duplicate: 19, rejected: 1 });
    expect(verdicts[11]?.kind).toBe('rejected');
  }
});

test('an event that a trigger drops because it is there is a duplicate', async () => {
  await using t = await openTestTable(`create table t (event_id text primary key, n int);
    create function drop_known() returns trigger language plpgsql as $$ begin
      if new.n = 5 or exists (select from t where event_id = new.event_id) then return null; end if; return new; end $$;
    create trigger b before insert on t for each row execute function drop_known()`);
  expect(count(await deliver(t.sink, numbered(20)))).toEqual({ accepted: 19, rejected: 1 });
  expect(count(await deliver(t.sink, numbered(40)))).toEqual({ duplicate: 19, accepted: 20, rejected: 1 });
  expect(count(await deliver(t.sink, numbered(40)))).toEqual({ duplicate: 39, rejected: 1 });
});
