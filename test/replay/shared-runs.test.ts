import pg from 'pg';
import { expect, test } from 'vitest';
import { dayEvents, startBackfill } from '../backfill/backfilling.js';
import { openPlace } from '../backfill/place.js';
import { ended, folderWith, spawnRespool } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { events, replay, rowsIn, startReplay, until } from './replaying.js';

const statesOf = async (queue: TestDatabase) =>
  (await queue.query('select state from respool.replay_slices order by slice')).map(({ state }) => state);

test('a command that finds its run ended by another one, before it is alone with it, says so and reports nothing', async () => {
  await using folder = await folderWith({ 'a.ndjson': events(500) });
  await using target = await createDatabase();
  await using queue = await createDatabase();
  const call = { cwd: folder.path };
  const args = ['a.ndjson', '--to', target.url, '--queue', queue.url];
  await replay([...args, '--state-dir', 'one', '--detach'], call);
  const client = new pg.Client({ connectionString: target.url });
  await client.connect();
  await client.query('begin; lock table pg_catalog.pg_class in access exclusive mode');
  const second = startReplay([...args, '--state-dir', 'two'], call);
  // It has found the run, and waits for what the target is.
  const waits = `select 1 from pg_locks where not granted and database = (select oid from pg_database where datname = $1)`;
  const name = new URL(target.url).pathname.slice(1);
  await until(async () => (await queue.query(waits, [name])).length > 0);
  const worker = spawnRespool(['worker', '--queue', queue.url, '--to', target.url, '--idle-exit', '1s'], call);
  // What the first command does once its workers have come to the end.
  await queue.query(`update respool.replay_runs set state = 'finished'; delete from respool.replay_slices`);
  await client.query('commit');
  await client.end();

  const { status, stdout, stderr } = await second.end;
  expect([status, stderr]).toEqual([
    4,
    expect.stringContaining('another process has handed this replay out meanwhile'),
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'run_watched' } });
  expect((await ended(worker)).status).toBe(0);
}, 60_000);

test('a worker holds no range of a backfill while it delivers slices of a replay', async () => {
  await using p = await openPlace(dayEvents(300));
  await using queue = await createDatabase();
  await using folder = await folderWith({ 'a.ndjson': events(3_000) });
  await p.run('--method', 'swap', '--queue', queue.url, '--detach');
  const args = ['a.ndjson', '--to', p.database.url, '--queue', queue.url, '--slice', '32K', '--batch', '50'];
  await replay([...args, '--detach'], { cwd: folder.path });
  const worker = spawnRespool(
    ['worker', '--queue', queue.url, '--to', p.target, '--to', p.database.url, '--max-rate', '300'],
    p.call,
  );
  const working = ended(worker);
  const filled = `select 1 from respool.backfill_states where change->>'state' = 'done'`;
  await expect.poll(() => queue.query(filled).catch(() => []), { timeout: 30_000 }).toHaveLength(3);

  const claims = `select application_name from pg_stat_activity where application_name ~ '^respool-backfill ' and datname = current_database()`;
  await expect.poll(() => p.database.query(claims), { timeout: 20_000 }).toEqual([]);
  expect(await statesOf(queue)).toContain('planned');
  // The same days, by another run.
  const other = await startBackfill(
    ['dump.ndjson', '--to', p.target, '--since', '2019-07-01', '--until', '2019-07-03', '--state-dir', 'other'],
    p.call,
  ).end;
  expect([other.status, other.report.partitions.length]).toEqual([0, 2]);
  worker.kill('SIGTERM');
  expect((await working).status).toBe(143);
}, 90_000);

test('a job that is in work for longer than pg-boss knows is not taken away', async () => {
  await using folder = await folderWith({ 'a.ndjson': events(600) });
  await using target = await createDatabase();
  await using queue = await createDatabase();
  const call = { cwd: folder.path };
  const args = ['a.ndjson', '--to', target.url, '--queue', queue.url, '--batch', '50'];
  await replay([...args, '--detach'], call);
  const worker = spawnRespool(['worker', '--queue', queue.url, '--to', target.url, '--max-rate', '30'], call);
  const working = ended(worker);
  const jobs = () => queue.query(`select id from pgboss.job where state = 'active'`);
  await until(async () => (await jobs()).length === 1);
  const aged = `update pgboss.job set started_on = now() - interval '22 hours' where state = 'active'`;
  await queue.query(aged);
  const young = () =>
    queue.query(`select 1 from pgboss.job where state = 'active' and started_on > now() - interval '1 minute'`);
  await expect.poll(young, { timeout: 15_000 }).toHaveLength(1);
  worker.kill('SIGTERM');
  expect((await working).status).toBe(143);
  expect(await rowsIn(target)).toBeLessThan(600);
}, 60_000);
