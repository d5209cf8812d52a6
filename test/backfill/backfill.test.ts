import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { respool } from '../support/cli.js';
import { backfill, dayEvents, RANGE } from './backfilling.js';
import { openPlace } from './place.js';

const STATE = `select (select count(*)::int from ev) as rows, (select sum(level_cm)::int from ev) as sum,
  (select count(*)::int from pg_inherits where inhparent = 'ev'::regclass) as partitions`;

test('events out of order come into their partitions, each partition is counted, and the numbers balance', async () => {
  await using p = await openPlace(
    `${dayEvents(3_000)}{"event_id":"x"}\nnot json\n${dayEvents(300, { days: 30, from: 50_000 })}`,
  );
  const { status, report } = await p.run();

  expect(report.partitions.map(({ name, from, state, verified }) => [name, from, state, verified])).toEqual([
    ['ev_20190701', '2019-07-01T00:00:00.000Z', 'done', true],
    ['ev_20190702', '2019-07-02T00:00:00.000Z', 'done', true],
    ['ev_20190703', '2019-07-03T00:00:00.000Z', 'done', true],
  ]);
  expect(
    report.partitions.map(({ read, accepted, duplicate, rejected }) => [read, accepted, duplicate, rejected]),
  ).toEqual([
    [1_010, 1_010, 0, 0],
    [1_010, 1_010, 0, 0],
    [1_010, 1_010, 0, 0],
  ]);
  // The event without a time is refused, and belongs to no partition.
  expect(report).toMatchObject({ balanced: true, complete: true, read: 3_302, undecodable: 1, filtered: 270 });
  expect(report.sinks).toMatchObject([{ accepted: 3_030, rejected: 1, unsent: 0 }]);
  expect(status).toBe(1);
  expect(await p.database.query('select count(*)::int as rows from ev')).toEqual([{ rows: 3_030 }]);
});

test('the same backfill again adds nothing', async () => {
  await using p = await openPlace(dayEvents(3_000));
  await p.run();
  const { status, report } = await p.run();

  expect(status).toBe(0);
  expect(report.sinks).toMatchObject([{ accepted: 0, duplicate: 3_000 }]);
  expect(report.partitions.every(({ verified }) => verified)).toBe(true);
});

test('a swap replaces what is there, keeps the old partition, and makes what is missing', async () => {
  await using p = await openPlace(dayEvents(3_000) + dayEvents(3_000).split('\n').slice(0, 500).join('\n'));
  await p.database.query(
    `insert into ev select 'old' || n, 'stale', '2019-07-01 10:00+00', n from generate_series(1, 50) n`,
  );
  const { status, report } = await p.run('--method', 'swap');

  expect(status).toBe(0);
  expect(report.partitions.map(({ accepted, duplicate }) => accepted + duplicate)).toEqual(
    report.partitions.map(({ read }) => read),
  );
  expect(report.sinks).toMatchObject([{ accepted: 3_000 }]);
  expect(report.sinks[0]?.duplicate).toBe(500);
  expect(await p.database.query(STATE)).toMatchObject([{ rows: 3_000, sum: 4_498_500, partitions: 3 }]);
  const [old] = report.partitions;
  expect(await p.database.query(`select count(*)::int as rows from ${old?.old}`)).toEqual([{ rows: 50 }]);
  const indexes = await p.database.query(`select indexname from pg_indexes where tablename = 'ev_20190701' order by 1`);
  expect(indexes.map(({ indexname }) => indexname)).toEqual(['ev_20190701_name_idx', 'ev_20190701_pkey']);
});

test('a new partition is known to the planner at once, and autovacuum looks at it again, closely', async () => {
  await using p = await openPlace(dayEvents(3_000));
  await p.database.query(
    'alter table ev_20190702 set (autovacuum_enabled = false); alter table ev_20190701 set (autovacuum_analyze_threshold = 1000000)',
  );
  expect(await p.run('--method', 'swap')).toMatchObject({ status: 0 });
  const known = `select s.relname as name, s.n_mod_since_analyze > 0 as changed, cardinality(a.histogram_bounds::text::text[]) as bounds
    from pg_stat_user_tables s join pg_stats a on a.tablename = s.relname and a.attname = 'event_id'
    where s.relname in ('ev_20190701', 'ev_20190702') order by 1`;
  expect(await p.database.query(known)).toMatchObject([
    { name: 'ev_20190701', changed: true, bounds: 11 },
    { name: 'ev_20190702', bounds: 101 },
  ]);
});

test('a dry run writes nothing, and its plan is refused once the source has changed', async () => {
  await using p = await openPlace(dayEvents(3_000));
  const dry = await p.run('--dry-run', '--plan-out', 'plan.json');
  expect(dry.status).toBe(0);
  expect(dry.report.partitions).toMatchObject([{ state: 'planned', read: 1_000 }, { read: 1_000 }, { read: 1_000 }]);
  expect(await p.database.query(STATE)).toMatchObject([{ rows: 0, partitions: 2 }]);

  await writeFile(join(p.path, 'dump.ndjson'), dayEvents(3_001));
  const refused = await p.run('--plan', 'plan.json');
  expect(refused).toMatchObject({ status: 3, stderr: expect.stringContaining('the plan no longer holds') });
  expect(await p.database.query(STATE)).toMatchObject([{ rows: 0 }]);

  await writeFile(join(p.path, 'dump.ndjson'), dayEvents(3_000));
  expect(await p.run('--plan', 'plan.json', '--fresh')).toMatchObject({ status: 0 });
  expect(await p.database.query(STATE)).toMatchObject([{ rows: 3_000 }]);
});

test('a dry run tells for each partition what is there, what would come and what would be a duplicate', async () => {
  const lines = dayEvents(3_000);
  await using p = await openPlace(
    `${lines}${lines.split('\n').slice(0, 30).join('\n')}\n{"event_id":"late","occurred_at":"2019-07-03T01:00:00Z","level_cm":"deep"}\n`,
  );
  await p.database.query(`insert into ev values ('other', 'x', '2019-07-01 10:00+00', 1);
    insert into ev select 'e' || n, 'x', '2019-07-01'::timestamptz + n * interval '86.4 s', n from generate_series(0, 99) n`);
  const { report } = await p.run('--dry-run');
  const [first, second, third] = report.partitions;
  expect(first).toMatchObject({ rowsBefore: 101, expected: { rejected: 0 } });
  expect(first?.expected.duplicate).toBeGreaterThanOrEqual(100);
  expect(second).toMatchObject({ rowsBefore: 0, expected: { rejected: 0 } });
  expect(third).toMatchObject({ expected: { rejected: 1 } });
  expect(third).not.toHaveProperty('rowsBefore');
  for (const { read, bytes, expected } of report.partitions) {
    expect(expected.accepted + expected.duplicate + expected.rejected).toBe(read);
    expect(bytes).toBeGreaterThan(10_000);
  }
  const text = await respool(['backfill', 'dump.ndjson', '--to', p.target, ...RANGE, '--dry-run'], p.call);
  const table = text.stdout.replaceAll('│', ' ').replaceAll(/ +/g, ' ');
  expect(table).toContain(' order partition rows now events accepted duplicate rejected size method');
  expect(table).toMatch(/ 1 ev_20190701 101 1,010 900 110 0 [\d.]+ kB insert/);
  expect(table).toMatch(/ 3 ev_20190703 to be made 1,011 1,000 10 1 [\d.]+ kB insert/);

  // What was expected is what comes true, but for repeats that lie farther apart than a batch.
  const done = await p.run();
  const totals = (pick: (each: (typeof report.partitions)[number]) => number) =>
    report.partitions.reduce((sum, each) => sum + pick(each), 0);
  expect(done.report.sinks).toMatchObject([
    {
      accepted: totals(({ expected }) => expected.accepted),
      duplicate: totals(({ expected }) => expected.duplicate),
      rejected: 1,
    },
  ]);
});

test('a swap is refused where it would lose rows that the source knows nothing of', async () => {
  await using p = await openPlace(dayEvents(300));
  const cut = await backfill(
    [
      'dump.ndjson',
      '--to',
      `${p.database.url}?table=ev`,
      '--method',
      'swap',
      '--since',
      '2019-07-01T06:00:00Z',
      '--until',
      '2019-07-03',
    ],
    p.call,
  );
  expect(cut).toMatchObject({ status: 3, stderr: expect.stringContaining('lies inside partition ev_20190701') });

  await p.database.query(
    `create table tag (event_id text, at timestamptz, foreign key (event_id, at) references ev (event_id, occurred_at))`,
  );
  const referenced = await p.run('--method', 'swap');
  expect(referenced).toMatchObject({ status: 3, stderr: expect.stringContaining('foreign keys of other tables') });
});

test('a partition that the role may not read is an error of rights, not a defect', async () => {
  await using p = await openPlace(dayEvents(300));
  const role = `half_${Date.now()}`;
  await p.database.query(`create role ${role} login; alter table ev owner to ${role}`);
  const url = new URL(p.target);
  url.username = role;
  const refused = await backfill(['dump.ndjson', '--to', url.href], p.call);
  expect(refused).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('permission denied for table ev_20190701'),
  });
  await p.database.query(`drop owned by ${role}; drop role ${role}`);
});
