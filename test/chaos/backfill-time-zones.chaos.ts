import { expect, test } from 'vitest';
import { openPlace } from '../backfill/place.js';

/** Days of Vienna around the hour that is left out in March and the one that comes twice in October. */
const ZONE = 'Europe/Vienna';
const MIDNIGHTS = [
  ['2019-03-30', '2019-03-29T23:00:00Z'],
  ['2019-03-31', '2019-03-30T23:00:00Z'],
  ['2019-04-01', '2019-03-31T22:00:00Z'],
  ['2019-10-26', '2019-10-25T22:00:00Z'],
  ['2019-10-27', '2019-10-26T22:00:00Z'],
  ['2019-10-28', '2019-10-27T23:00:00Z'],
] as const;

/** At each local midnight, a microsecond before and after it, and once in each hour of the days around. */
function events(): string {
  const lines: string[] = [];
  const add = (occurred_at: string) =>
    lines.push(JSON.stringify({ event_id: `e${lines.length}`, name: 'tide', occurred_at, level_cm: lines.length }));
  for (const [, midnight] of MIDNIGHTS) {
    const at = Date.parse(midnight);
    add(midnight);
    add(midnight.replace(':00Z', ':00.000001Z'));
    add(new Date(at - 1).toISOString().replace('999Z', '999999Z'));
    for (let hour = 0; hour < 25; hour++) add(new Date(at + hour * 3_600_000 + 1_800_000).toISOString());
  }
  return `${lines.reverse().join('\n')}\n`;
}

const table = (type: string) => `set timezone = '${ZONE}';
  create table ev (event_id text not null, name text, occurred_at ${type} not null, level_cm int, primary key (event_id, occurred_at))
    partition by range (occurred_at);
  create table ev_p2019_03_29 partition of ev for values from ('2019-03-29') to ('2019-03-30');
  create table ev_p2019_03_30 partition of ev for values from ('2019-03-30') to ('2019-03-31');
  create table ev_p2019_03_31 partition of ev for values from ('2019-03-31') to ('2019-04-01');
  create table ev_p2019_10_26 partition of ev for values from ('2019-10-26') to ('2019-10-27');
  create table ev_p2019_10_27 partition of ev for values from ('2019-10-27') to ('2019-10-28')`;

for (const method of ['insert', 'swap']) {
  test(`days whose bounds are midnights of another zone, of 23 and 25 hours too, take their own events (${method})`, async () => {
    const text = events();
    await using p = await openPlace(text, table('timestamptz'));
    const all = text.trim().split('\n').length;
    // The server's sessions have another zone than the one in which the bounds were written.
    await p.database.query(
      `do $$ begin execute format('alter database %I set timezone = %L', current_database(), 'Asia/Kathmandu'); end $$`,
    );
    const run = (...args: string[]) =>
      p.run('--method', method, '--timezone', ZONE, '--since', '2019-03-29', '--until', '2019-11-01', ...args);
    const { status, report } = await run();
    expect([status, report.problems]).toEqual([0, []]);
    expect(report.partitions.every(({ state, verified }) => state === 'done' && verified)).toBe(true);
    const rows = await p.database.query(
      `select c.relname as name, min(ev.occurred_at at time zone '${ZONE}')::date::text as first, max(ev.occurred_at at time zone '${ZONE}')::date::text as last,
        count(*)::int as rows from ev join pg_class c on c.oid = ev.tableoid group by 1 order by 1`,
    );
    const there = rows.filter(({ name }) => /^ev_p2019_(03_29|03_30|03_31|10_26|10_27)$/.test(String(name)));
    expect(there.length).toBe(5);
    for (const { name, first, last } of there)
      expect([name, first]).toEqual([`ev_p${String(first).replaceAll('-', '_')}`, last]);
    expect(rows.reduce((sum, { rows }) => sum + Number(rows), 0)).toBe(all);
    // The ones that were made are days of the zone as well, and named after them.
    const bounds = await p.database.query(
      `select c.relname as name, to_char(m[1]::timestamptz at time zone '${ZONE}', '"ev_p"YYYY_MM_DD HH24:MI') as since,
        to_char(m[2]::timestamptz at time zone '${ZONE}', 'HH24:MI') as till
       from pg_inherits i join pg_class c on c.oid = i.inhrelid, regexp_match(pg_get_expr(c.relpartbound, c.oid), $re$FROM \\('(.*)'\\) TO \\('(.*)'\\)$re$) m
       where i.inhparent = 'ev'::regclass`,
    );
    expect(bounds.length).toBeGreaterThan(6);
    for (const { name, since, till } of bounds) expect([`${name} 00:00`, till]).toEqual([since, '00:00']);
    expect((await p.later('verify', report.run)).status).toBe(0);
    if (method === 'swap') expect((await p.later('undo', report.run, '--yes')).status).toBe(0);
    else expect((await run('--fresh')).report.sinks[0]).toMatchObject({ accepted: 0, duplicate: all });
  }, 120_000);
}
