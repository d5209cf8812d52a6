import { expect, test } from 'vitest';
import { openPlace } from './place.js';

const ZONE = 'Europe/Berlin';
const HOUR_MS = 3_600_000;
const RANGES = [
  ['2019-03-29T23:00:00Z', '2019-04-01T22:00:00Z'],
  ['2019-10-25T22:00:00Z', '2019-10-28T23:00:00Z'],
] as const;

/** At every full hour, and a microsecond before it, of three local days around each change of the clocks. */
function events(): string {
  const lines: string[] = [];
  for (const [from, to] of RANGES)
    for (let at = Date.parse(from); at < Date.parse(to); at += HOUR_MS) {
      for (const occurred_at of [
        new Date(at).toISOString(),
        new Date(at + HOUR_MS - 1).toISOString().replace('Z', '999Z'),
      ])
        lines.push(JSON.stringify({ event_id: `e${lines.length}`, name: 'tide', occurred_at, level_cm: lines.length }));
    }
  return `${lines.reverse().join('\n')}\n`;
}

const table = (first: string) => `set timezone = '${ZONE}';
  create table ev (event_id text not null, name text, occurred_at timestamptz not null, level_cm int, primary key (event_id, occurred_at))
    partition by range (occurred_at); ${first}`;
const IN_WINTER = `create table ev_p2019_01_15 partition of ev for values from ('2019-01-15') to ('2019-01-16')`;
const PARTITIONS = `
  select c.relname as name, (extract(epoch from b.till - b.since) / 3600)::int as hours,
    to_char(b.since at time zone '${ZONE}', 'YYYY-MM-DD HH24:MI') as since, (select count(*)::int from ev where tableoid = c.oid) as rows,
    (select count(distinct (occurred_at at time zone '${ZONE}')::date)::int from ev where tableoid = c.oid) as days
  from pg_inherits i join pg_class c on c.oid = i.inhrelid,
    regexp_match(pg_get_expr(c.relpartbound, c.oid), $re$FROM \\('(.*)'\\) TO \\('(.*)'\\)$re$) m,
    lateral (select m[1]::timestamptz as since, m[2]::timestamptz as till) b
  where i.inhparent = 'ev'::regclass and c.relname !~ '01_?15' order by 3`;
const DAYS = [
  ['2019-03-30', 24, 48],
  ['2019-03-31', 23, 46],
  ['2019-04-01', 24, 48],
  ['2019-10-26', 24, 48],
  ['2019-10-27', 25, 50],
  ['2019-10-28', 24, 48],
] as const;

const ALL = ['--since', '2019-03-01', '--until', '2019-11-01'];
const fromServer = `do $$ begin execute format('alter database %I set timezone = %L', current_database(), '${ZONE}'); end $$`;

test.each([
  ['swap', 'the command names the zone, and a partition is there', IN_WINTER, ['--timezone', ZONE], 'ev_p2019_03_30'],
  ['insert', 'the command names the zone, and no partition is there', '', ['--timezone', ZONE], 'ev_20190330'],
  [
    'insert',
    'the sessions of the server are in the zone, and a partition is there',
    `${IN_WINTER}; ${fromServer}`,
    [],
    'ev_p2019_03_30',
  ],
])(
  'days that are made across a change of the clocks have 23 and 25 hours (%s): %s',
  async (method, _, first, flags, name) => {
    await using p = await openPlace(events(), table(first));
    const { status, report } = await p.run('--method', method, '--partition-by', 'day', ...ALL, ...flags);
    expect([status, report.problems]).toEqual([0, []]);
    expect(report.notes).toContainEqual(
      `partitions that are made begin at midnight of ${ZONE}, where clocks change as well`,
    );
    const made = await p.database.query(PARTITIONS);
    expect(made.map(({ since, hours, rows, days }) => [since, hours, rows, days])).toEqual(
      DAYS.map(([day, hours, rows]) => [`${day} 00:00`, hours, rows, 1]),
    );
    expect(made[0]?.name).toBe(name);
    expect((await p.later('verify', report.run)).status).toBe(0);
  },
);

test('days whose zone nobody names keep the hour of the latest partition, and the plan warns of it', async () => {
  await using p = await openPlace(events(), table(IN_WINTER));
  const { report } = await p.run('--dry-run', ...ALL);
  expect(report.warnings).toContainEqual(expect.stringContaining('partitions do not begin at midnight of UTC'));
  const summer = report.partitions.filter(({ from }) => String(from) > '2019-04' && String(from) < '2019-10-27');
  expect(new Set(summer.map(({ from }) => String(from).slice(11, 13)))).toEqual(new Set(['23']));
});
