import { expect, test } from 'vitest';
import { count, deliver, keysOf } from '../../support/batches.js';
import { openTestTable, type TestTable } from '../../support/tables.js';

const { signal } = new AbortController();
/** Days on which a double cannot hold their last and first microseconds. */
const DAYS = '0001-01-01 0850-06-01 0999-03-02 1600-02-29 2300-01-01 2600-06-07 3200-01-31 5000-01-01 9999-12-31'.split(
  ' ',
);
const CLOCKS = '00:00:00.000000 00:00:00.000001 00:00:00.000015 11:59:59.999983 23:59:59.999998 23:59:59.999999'.split(
  ' ',
);
const TIMES = DAYS.flatMap((day) => CLOCKS.map((clock) => `${day}T${clock}`));
const EVENTS = TIMES.map((time) => ({ event_id: '10.0.0.1', occurred_at: `${time}Z`, n: 1 }));

const PARTITIONED = 'primary key (event_id, occurred_at)) partition by range (occurred_at)';
const OF_DAYS = `create table t_1 partition of t for values from ('2024-01-01 00:00+00') to ('2024-01-02 00:00+00')`;
const TABLES = {
  days: `create table t (event_id text, occurred_at timestamptz, n smallint check (n <> 13), ${PARTITIONED}; ${OF_DAYS}`,
  'months of local time': `create table t (event_id text, occurred_at timestamp, n smallint check (n <> 13), ${PARTITIONED};
    create table t_1 partition of t for values from ('2024-01-01') to ('2024-02-01')`,
  'rows that are sent as text': `create table t (event_id inet, occurred_at timestamptz, n smallint check (n <> 13), ${PARTITIONED}; ${OF_DAYS}`,
  'no partitions':
    'create table t (event_id text, occurred_at timestamptz, n smallint check (n <> 13), primary key (occurred_at, event_id))',
};

test.each(Object.entries(TABLES))(
  'times far away are keys to the microsecond, and are found again by them: %s',
  async (_, sql) => {
    await using t = await openTestTable(sql);
    // Another writer has been here, and a row that the table refuses makes the sink write the batch with care.
    await t.database.query(`insert into t values ('10.0.0.1', '2300-01-01 23:59:59.999998+00', 1)`).catch(() => {});
    const there = (await t.rows()).length;
    const unlucky = { event_id: '10.0.0.2', occurred_at: '9999-12-31T23:59:59.999999Z', n: 13 };
    expect(count(await deliver(t.sink, [...EVENTS.slice(0, 20), unlucky, ...EVENTS.slice(20)]))).toEqual({
      ...(there > 0 && { duplicate: there }),
      accepted: EVENTS.length - there,
      rejected: 1,
    });
    expect(await timesIn(t)).toEqual(TIMES.toSorted());

    if (sql.includes('t_1')) expect(await partitionsOf(t)).toEqual({ made: DAYS.length, filled: DAYS.length });

    for (let run = 0; run < 4; run++)
      expect(count(await deliver(t.sink, EVENTS))).toEqual({ duplicate: EVENTS.length });
    expect(count(await t.sink.deliver(keysOf(t.sink, EVENTS), signal))).toEqual({ duplicate: EVENTS.length });
    const another = { event_id: '10.0.0.1', occurred_at: '5000-01-01T00:00:00.000002Z', n: 1 };
    expect(count(await t.sink.deliver(keysOf(t.sink, [...EVENTS, another]), signal))).toEqual({
      duplicate: EVENTS.length,
      accepted: 1,
    });
    expect(await timesIn(t)).toEqual([...TIMES, '5000-01-01T00:00:00.000002'].toSorted());
  },
);

test('a column of days has the day of a time far away', async () => {
  await using t = await openTestTable(
    'create table t (event_id text, occurred_at date, n int, primary key (event_id, occurred_at))',
  );
  expect(count(await deliver(t.sink, EVENTS))).toEqual({
    accepted: DAYS.length,
    duplicate: EVENTS.length - DAYS.length,
  });
  expect(await t.rows('occurred_at::text as day')).toEqual(
    expect.arrayContaining(TIMES.map((time) => ({ day: time.slice(0, 10) }))),
  );
});

test('counts since the epoch keep their digits', async () => {
  await using t = await openTestTable(
    'create table t (event_id text, occurred_at timestamptz, primary key (event_id, occurred_at))',
  );
  const counts = ['99999999999999', '95000000000000', '"99999999999999999"', '"99999999999.999998"'];
  const events = counts.map((time) => `{"event_id":"a","occurred_at":${time}}`);
  expect(count(await deliver(t.sink, events))).toEqual({ accepted: 4 });
  expect(await timesIn(t)).toEqual([
    '4980-06-06T00:53:20.000000',
    '5138-11-16T09:46:39.999000',
    '5138-11-16T09:46:39.999998',
    '5138-11-16T09:46:39.999999',
  ]);
});

test('rows beside a bound that a double cannot hold come into their partition, and are found there', async () => {
  await using t =
    await openTestTable(`create table t (event_id text, occurred_at timestamptz, primary key (event_id, occurred_at)) partition by range (occurred_at);
    create table t_1 partition of t for values from ('2024-01-01 00:00+00') to ('5000-01-01 00:00:00.000005+00');
    create table t_2 partition of t for values from ('5000-01-01 00:00:00.000005+00') to ('6000-01-01 00:00+00')`);
  const events = [4, 5, 6].map((micros) => ({ event_id: 'a', occurred_at: `5000-01-01T00:00:00.00000${micros}Z` }));
  expect(count(await deliver(t.sink, events))).toEqual({ accepted: 3 });
  for (let run = 0; run < 3; run++) {
    expect(count(await deliver(t.sink, events))).toEqual({ duplicate: 3 });
    expect(count(await t.sink.deliver(keysOf(t.sink, events), signal))).toEqual({ duplicate: 3 });
  }
  expect(
    await t.database.query('select tableoid::regclass::text as part, count(*)::int as n from t group by 1 order by 1'),
  ).toEqual([
    { part: 't_1', n: 1 },
    { part: 't_2', n: 2 },
  ]);
});

async function partitionsOf({ database }: TestTable): Promise<unknown> {
  const [counts] = await database.query(
    `select (select count(*)::int - 1 from pg_inherits where inhparent = 't'::regclass) as made, count(distinct tableoid)::int as filled from t`,
  );
  return counts;
}

async function timesIn({ database }: TestTable): Promise<readonly string[]> {
  const rows = await database.query(
    `set timezone = 'UTC'; select to_char(occurred_at, 'YYYY-MM-DD"T"HH24:MI:SS.US') as at from t order by occurred_at`,
  );
  return rows.map(({ at }) => String(at));
}
