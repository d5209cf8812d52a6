import { expect, test } from 'vitest';
import { ended, spawnRespool } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { dayEvents } from './backfilling.js';
import { openPlace } from './place.js';

const BARE = `create table ev (event_id text not null, name text, occurred_at timestamptz not null, level_cm int, primary key (event_id, occurred_at))
  partition by range (occurred_at)`;
const BOUNDS = `select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bounds, (select count(*)::int from ev where tableoid = c.oid) as rows
  from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'ev'::regclass order by 1`;
const MONTH = ['--partition-by', 'month', '--timezone', 'Europe/Berlin', '--until', '2019-08-01'];
const JULY = [
  {
    name: 'ev_201907',
    bounds: `FOR VALUES FROM ('2019-06-30 22:00:00+00') TO ('2019-07-31 22:00:00+00')`,
    rows: 300,
  },
];

for (const method of ['insert', 'swap']) {
  test(`a worker makes the partitions that were planned (${method})`, async () => {
    await using p = await openPlace(dayEvents(300), BARE);
    await using queue = await createDatabase();
    const child = spawnRespool(['worker', '--queue', queue.url, '--to', p.target], p.call);
    const worker = ended(child);
    const { status, report } = await p.run('--method', method, ...MONTH, '--queue', queue.url);
    expect([status, report.problems]).toEqual([0, []]);
    expect(await p.database.query(`set timezone = 'UTC'; ${BOUNDS}`)).toEqual(JULY);
    child.kill('SIGTERM');
    expect((await worker).status).toBe(143);
  }, 90_000);
}

test('retry makes the partitions that were planned', async () => {
  await using p = await openPlace(dayEvents(300), BARE);
  await p.database.query(`create function no() returns event_trigger language plpgsql as $$ begin raise 'not now'; end $$;
    create event trigger no on ddl_command_start when tag in ('CREATE TABLE') execute function no()`);
  const failed = await p.run(...MONTH);
  expect([failed.status, failed.report.partitions.map(({ state }) => state)]).toEqual([2, ['failed']]);
  await p.database.query('drop event trigger no');
  expect((await p.later('retry', failed.report.run)).status).toBe(0);
  expect(await p.database.query(`set timezone = 'UTC'; ${BOUNDS}`)).toEqual(JULY);
});
