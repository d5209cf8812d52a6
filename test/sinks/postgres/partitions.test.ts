import { expect, test } from 'vitest';
import { openSink } from '../../../src/sinks/open.js';
import { count, deliver, deliveryOf } from '../../support/batches.js';
import { CONTEXT, openTestTable } from '../../support/tables.js';

const BY_RANGE = 'primary key (event_id, occurred_at)) partition by range (occurred_at)';

async function bounds(t: { database: { query(sql: string): Promise<Record<string, unknown>[]> } }) {
  const rows = await t.database.query(
    `select c.relname || ' ' || pg_get_expr(c.relpartbound, c.oid) as b from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 't'::regclass order by 1`,
  );
  return rows.map(({ b }) => b);
}

function at(...times: unknown[]) {
  return times.map((occurred_at, n) => ({ event_id: `e${n}`, occurred_at }));
}

test('an event without a usable partition key is refused with the reason, and the others land', async () => {
  await using t = await openTestTable(`create table t (event_id text, occurred_at timestamptz, ${BY_RANGE}`);
  const verdicts = await deliver(t.sink, [...at('2024-01-01T00:00:00Z', null, 'yesterday'), { event_id: 'e3' }]);

  expect(verdicts).toEqual([
    { kind: 'accepted' },
    {
      kind: 'rejected',
      code: 'partition_key_null',
      reason: '/occurred_at is null, and it feeds the partition key occurred_at',
      pointer: '/occurred_at',
    },
    {
      kind: 'rejected',
      code: 'partition_key_unparsable',
      reason: '/occurred_at is "yesterday", which is no time, and it feeds the partition key occurred_at',
      pointer: '/occurred_at',
    },
    {
      kind: 'rejected',
      code: 'partition_key_null',
      reason: '/occurred_at is missing, and it feeds the partition key occurred_at',
      pointer: '/occurred_at',
    },
  ]);
});

test('missing partitions are made in the scheme and with the names of the existing ones', async () => {
  await using t =
    await openTestTable(`set timezone = 'UTC'; create table t (event_id text, occurred_at date, ${BY_RANGE};
    create table t_y2024m01_x partition of t for values from ('2024-01-01') to ('2024-02-01')`);
  expect(
    count(await deliver(t.sink, at('2024-01-31T23:59:59Z', '2024-02-29T12:00:00Z', '2023-12-31T00:00:00Z'))),
  ).toEqual({ accepted: 3 });
  expect(await bounds(t)).toEqual([
    "t_y2023m12_x FOR VALUES FROM ('2023-12-01') TO ('2024-01-01')",
    "t_y2024m01_x FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')",
    "t_y2024m02_x FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')",
  ]);
});

test('days of another time zone stay days of that zone', async () => {
  await using t = await openTestTable(`create table t (event_id text, occurred_at timestamptz, ${BY_RANGE};
    create table t_20240101 partition of t for values from ('2024-01-01 00:00:00-05') to ('2024-01-02 00:00:00-05')`);
  await deliver(t.sink, at('2024-01-03T04:59:59Z', '2024-01-03T05:00:00Z'));
  expect(await bounds(t)).toEqual([
    "t_20240101 FOR VALUES FROM ('2024-01-01 05:00:00+00') TO ('2024-01-02 05:00:00+00')",
    "t_20240102 FOR VALUES FROM ('2024-01-02 05:00:00+00') TO ('2024-01-03 05:00:00+00')",
    "t_20240103 FOR VALUES FROM ('2024-01-03 05:00:00+00') TO ('2024-01-04 05:00:00+00')",
  ]);
});

test('a new partition fills the gap between existing ones that do not fit the scheme', async () => {
  await using t = await openTestTable(`create table t (event_id text, occurred_at timestamp, ${BY_RANGE};
    create table t_a partition of t for values from (minvalue) to ('2024-01-03 06:00');
    create table t_b partition of t for values from ('2024-01-03 12:00') to ('2024-01-04');
    create table t_20240104 partition of t for values from ('2024-01-04') to ('2024-01-05')`);
  expect(
    count(await deliver(t.sink, at('2024-01-03T08:00:00Z', '2024-01-03T13:00:00Z', '1900-01-01T00:00:00Z'))),
  ).toEqual({ accepted: 3 });
  expect((await bounds(t))[0]).toBe("t_20240103 FOR VALUES FROM ('2024-01-03 06:00:00') TO ('2024-01-03 12:00:00')");
});

test('the DEFAULT partition takes what has none, and none is made', async () => {
  await using t = await openTestTable(
    `create table t (event_id text, occurred_at timestamptz, ${BY_RANGE}; create table t_rest partition of t default`,
  );
  expect(count(await deliver(t.sink, at('2024-01-03T08:00:00Z', '2025-01-03T13:00:00Z')))).toEqual({ accepted: 2 });
  expect(await bounds(t)).toEqual(['t_rest DEFAULT']);
  expect(t.sink.describe().notes.join()).toContain('DEFAULT partition');
});

test('partitions are made only inside the allowed range', async () => {
  await using t = await openTestTable('', {
    context: { partitionsWithin: { fromUs: Date.UTC(2024, 0, 1) * 1000, toUs: Date.UTC(2024, 0, 2) * 1000 } },
  });
  const verdicts = await deliver(t.sink, at('2024-01-01T08:00:00Z', '2024-01-02T00:00:00Z', '1970-01-01T00:00:01Z'));
  expect(verdicts.map((verdict) => (verdict.kind === 'rejected' ? verdict.code : verdict.kind))).toEqual([
    'accepted',
    'partition_not_allowed',
    'partition_not_allowed',
  ]);
  expect(await bounds(t)).toHaveLength(1);
});

test.each([
  [
    'list',
    `create table t (event_id text, occurred_at timestamptz, kind text, primary key (event_id, kind)) partition by list (kind); create table t_a partition of t for values in ('a')`,
  ],
  [
    'hash',
    `create table t (event_id text primary key, occurred_at timestamptz, kind text) partition by hash (event_id); create table t_0 partition of t for values with (modulus 2, remainder 0); create table t_1 partition of t for values with (modulus 2, remainder 1)`,
  ],
  [
    'range over two columns',
    `create table t (event_id text, occurred_at timestamptz, kind text, primary key (event_id, kind, occurred_at)) partition by range (occurred_at, kind); create table t_0 partition of t for values from ('2024-01-01', minvalue) to ('2024-02-01', maxvalue)`,
  ],
  [
    'days cut again by hash',
    `create table t (event_id text, occurred_at timestamptz, kind text, ${BY_RANGE}; create table t_20240101 partition of t for values from ('2024-01-01') to ('2024-01-02') partition by hash (event_id); create table t_20240101_0 partition of t_20240101 for values with (modulus 1, remainder 0)`,
  ],
])('a table partitioned by %s works, and a rerun adds nothing', async (_, sql) => {
  await using t = await openTestTable(sql);
  const events = Array.from({ length: 50 }, (_value, n) => ({
    event_id: `e${n}`,
    occurred_at: '2024-01-01T01:00:00Z',
    kind: 'a',
  }));
  expect(count(await deliver(t.sink, events))).toEqual({ accepted: 50 });
  expect(count(await deliver(t.sink, events))).toEqual({ duplicate: 50 });
});

test('a row that no partition can take is refused by name', async () => {
  await using t = await openTestTable(
    `create table t (event_id text, occurred_at timestamptz, kind text, primary key (event_id, kind)) partition by list (kind); create table t_a partition of t for values in ('a')`,
  );
  expect(await deliver(t.sink, [{ event_id: '1', occurred_at: '2024-01-01T00:00:00Z', kind: 'b' }])).toMatchObject([
    { code: 'partition_unreachable' },
  ]);
});

test('two writers race for the same partitions and events: each event lands once', async () => {
  await using t = await openTestTable('', { context: { jobs: 4 } });
  const events = Array.from({ length: 600 }, (_, n) => ({
    event_id: `e${n}`,
    occurred_at: new Date(Date.UTC(2024, 0, 1 + (n % 6))).toISOString(),
  }));
  const results = await Promise.all(
    [events, events.toReversed(), events, events.toReversed()].map((each) => deliver(t.sink, each)),
  );
  const total = count(results.flat());
  expect(total).toEqual({ accepted: 600, duplicate: 1_800 });
  expect(await bounds(t)).toHaveLength(6);
});

test('a partition that is dropped or detached during a run is made again', async () => {
  await using t = await openTestTable('');
  const events = at('2024-01-01T01:00:00Z', '2024-01-02T01:00:00Z');
  await deliver(t.sink, events);
  await t.database.query(
    'drop table t_20240101; alter table t detach partition t_20240102; alter table t_20240102 rename to old',
  );
  expect(count(await deliver(t.sink, events))).toEqual({ accepted: 2 });
  expect(await t.rows('event_id')).toHaveLength(2);
});

test('an event whose partition key takes the place of the default stays refused, never now()', async () => {
  await using t = await openTestTable(
    `create table t (event_id text, occurred_at timestamptz default now(), ${BY_RANGE}`,
  );
  expect(await deliver(t.sink, [{ event_id: 'a' }])).toMatchObject([{ code: 'partition_key_null' }]);
});

test('a role that does not own the table makes no partitions, and says so', async () => {
  await using t =
    await openTestTable(`create table t (event_id text, occurred_at timestamptz, ${BY_RANGE}; create table t_20240101 partition of t for values from ('2024-01-01') to ('2024-01-02');
    do $$ begin create role writer_only login; exception when others then null; end $$; grant select, insert on t, t_20240101 to writer_only`);
  const url = new URL(t.database.url);
  url.username = 'writer_only';
  await using sink = await openSink(`${url.href}?table=t`, CONTEXT);
  expect(await deliver(sink, at('2024-01-01T05:00:00Z', '2024-01-02T05:00:00Z'))).toMatchObject([
    { kind: 'accepted' },
    { code: 'partition_unreachable', pointer: '/occurred_at' },
  ]);
  expect(sink.describe().notes.join()).toContain('does not own');
});

test('rows are never committed into a table that has been detached', async () => {
  await using t = await openTestTable('');
  await deliver(t.sink, at('2024-01-01T01:00:00Z'));
  await t.database.query('alter table t detach partition t_20240101');
  const verdicts = await deliver(t.sink, at('2024-01-01T01:00:00Z', '2024-01-01T02:00:00Z'));

  expect(count(verdicts)).toEqual({ accepted: 2 });
  expect(await t.rows('event_id')).toHaveLength(2);
  expect(await t.database.query('select count(*)::int as n from t_20240101')).toEqual([{ n: 1 }]);
});

test('a preview names the partitions that would be made, and makes none', async () => {
  await using t = await openTestTable(
    `create table t (event_id text, occurred_at timestamptz, ${BY_RANGE}; create table t_20240102 partition of t for values from ('2024-01-02') to ('2024-01-03')`,
  );
  t.sink.preview?.(
    deliveryOf(
      t.sink,
      at('2024-01-03T01:00:00Z', '2024-01-02T01:00:00Z', '2024-01-01T01:00:00Z', '2024-01-03T02:00:00Z'),
    ),
  );
  expect(t.sink.describe().partitions).toEqual(['t_20240101', 't_20240103']);
  expect(await bounds(t)).toHaveLength(1);
});
