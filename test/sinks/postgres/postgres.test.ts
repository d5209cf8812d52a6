import { expect, test } from 'vitest';
import type { SinkContext } from '../../../src/sinks/context.js';
import { openSink } from '../../../src/sinks/open.js';
import { count, deliver, fieldsOf } from '../../support/batches.js';
import { createDatabase } from '../../support/postgres.js';

const context: SinkContext = {
  fields: fieldsOf(),
  jobs: 1,
  env: {},
  signal: new AbortController().signal,
  retryForMs: 2_000,
};

function event(n: number, more: object = {}) {
  return {
    event_id: `e${n}`,
    occurred_at: new Date(Date.UTC(2024, 0, 1 + (n % 3), n % 24)).toISOString(),
    name: 'played',
    n,
    ...more,
  };
}

function events(from: number, to: number) {
  return Array.from({ length: to - from }, (_, i) => event(from + i));
}

test('a missing table is made, filled, and a rerun adds nothing', async () => {
  await using database = await createDatabase();
  await using sink = await openSink(`${database.url}?table=plays`, context);

  expect(count(await deliver(sink, events(0, 100)))).toEqual({ accepted: 100 });
  expect(count(await deliver(sink, events(0, 100)))).toEqual({ duplicate: 100 });
  expect(count(await deliver(sink, events(50, 150)))).toEqual({ duplicate: 50, accepted: 50 });

  expect(await database.query('select count(*)::int as n, min(payload::text) as payload from plays')).toEqual([
    { n: 150, payload: '{"n": 0, "name": "played", "event_id": "e0", "occurred_at": "2024-01-01T00:00:00.000Z"}' },
  ]);
  expect(
    await database.query(
      `select c.relname from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 'plays'::regclass order by 1`,
    ),
  ).toEqual([{ relname: 'plays_20240101' }, { relname: 'plays_20240102' }, { relname: 'plays_20240103' }]);
});

test('members go into the columns of their names', async () => {
  await using database = await createDatabase();
  await database.query(`create table plays (event_id uuid, occurred_at timestamptz, name varchar(20), user_id int8, price numeric(10,2), ratio float8,
    ok bool, props jsonb, ctx json, tags text, primary key (event_id, occurred_at)) partition by range (occurred_at)`);
  await using sink = await openSink(`${database.url}?table=plays`, context);

  const verdicts = await deliver(sink, [
    `{"event_id":"0a1b2c3d-0000-4000-8000-000000000001","occurred_at":"2024-02-03T04:05:06.789012Z","name":"x","user_id":9223372036854775807,"price":123456789012345678.905e-10,"ratio":0.1,"ok":true,"props":{"big":12345678901234567890123},"ctx":{"b":1,"a":2},"tags":["x",1]}`,
  ]);

  expect(verdicts).toEqual([{ kind: 'accepted' }]);
  expect(
    await database.query(
      'select event_id, occurred_at::text, name, user_id::text, price::text, ratio, ok, props::text, ctx::text, tags from plays',
    ),
  ).toEqual([
    {
      event_id: '0a1b2c3d-0000-4000-8000-000000000001',
      occurred_at: '2024-02-03 04:05:06.789012+00',
      name: 'x',
      user_id: '9223372036854775807',
      price: '12345678.90',
      ratio: 0.1,
      ok: true,
      props: '{"big": 12345678901234567890123}',
      ctx: '{"b":1,"a":2}',
      tags: '["x",1]',
    },
  ]);
});
