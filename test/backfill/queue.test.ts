import { expect, test } from 'vitest';
import { ended, spawnRespool } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { dayEvents } from './backfilling.js';
import { openPlace } from './place.js';

test('two workers share the partitions of a run, and the command that handed them out reports what they did', async () => {
  await using p = await openPlace(dayEvents(3_000));
  await using queue = await createDatabase();
  const worker = () => spawnRespool(['worker', '--queue', queue.url, '--to', p.target], p.call);
  const workers = [worker(), worker()];
  const { status, report } = await p.run('--method', 'swap', '--queue', queue.url);

  expect(status).toBe(0);
  expect(report.partitions).toMatchObject([
    { state: 'done', accepted: 1_000, verified: true },
    { state: 'done', accepted: 1_000, verified: true },
    { state: 'done', accepted: 1_000, verified: true },
  ]);
  const ends = workers.map(ended);
  for (const each of workers) each.kill('SIGTERM');
  expect((await Promise.all(ends)).map((end) => end.status)).toEqual([143, 143]);
  expect(await p.database.query('select count(*)::int as rows from ev')).toEqual([{ rows: 3_000 }]);
  const undone = await p.later('undo', report.run, '--yes');
  expect(undone.report.partitions.map(({ state }) => state)).toEqual(['undone', 'undone', 'undone']);
}, 90_000);

test('a backfill that is handed out and left alone is watched by the same command again', async () => {
  await using p = await openPlace(dayEvents(300));
  await using queue = await createDatabase();
  const left = await p.run('--queue', queue.url, '--detach');
  expect(left).toMatchObject({ status: 0, report: { complete: false } });

  const working = ended(spawnRespool(['worker', '--queue', queue.url, '--to', p.target, '--idle-exit', '2s'], p.call));
  const watched = await p.run('--queue', queue.url);
  expect(watched).toMatchObject({ status: 0, report: { complete: true, run: left.report.run } });
  expect((await working).status).toBe(0);
}, 90_000);

test('a worker keeps its sessions with the target from one partition of a run to the next, and none when there is nothing to do', async () => {
  const hours = `create table ev (event_id text not null, name text, occurred_at timestamptz not null, level_cm int,
    primary key (event_id, occurred_at)) partition by range (occurred_at)`;
  await using p = await openPlace(dayEvents(480, { days: 1 }), hours);
  await using queue = await createDatabase();
  const worker = spawnRespool(['worker', '--queue', queue.url, '--to', p.target], p.call);
  const working = ended(worker);
  const opened = async () => {
    const [row] = await p.database.query(
      'select sessions::int as sessions from pg_stat_database where datname = current_database()',
    );
    return Number(row?.sessions);
  };
  const before = await opened();
  const { status, report } = await p.run('--method', 'swap', '--partition-by', 'hour', '--queue', queue.url);
  expect([status, report.partitions.length]).toEqual([0, 24]);
  expect((await opened()) - before).toBeLessThan(24);

  const left = () =>
    p.database.query(`select application_name from pg_stat_activity where application_name ~ '^respool'
    and datname = current_database()`);
  await expect.poll(left, { timeout: 20_000 }).toEqual([]);
  expect(worker.exitCode).toBeNull();
  worker.kill('SIGTERM');
  expect((await working).status).toBe(143);
}, 120_000);

test('--fresh takes the unfinished run away from the workers', async () => {
  await using p = await openPlace(dayEvents(300));
  await using queue = await createDatabase();
  const left = await p.run('--method', 'swap', '--queue', queue.url, '--detach');
  const worker = spawnRespool(['worker', '--queue', queue.url, '--to', p.target, '--max-rate', '10'], p.call);
  const working = ended(worker);
  const states = () => queue.query(`select distinct run, change->>'state' as state from respool.backfill_states`);
  await expect.poll(states, { timeout: 30_000, interval: 50 }).not.toEqual([]);
  const fresh = p.start('--method', 'swap', '--fresh', '--queue', queue.url);
  await expect
    .poll(() => queue.query('select 1 from respool.backfill_turns where partition = -1'), { timeout: 30_000 })
    .toHaveLength(1);
  const swift = ended(spawnRespool(['worker', '--queue', queue.url, '--to', p.target, '--idle-exit', '30s'], p.call));
  const { status, report } = await fresh.end;

  expect([status, report.run === left.report.run]).toEqual([0, false]);
  expect(report.partitions.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  const done = (await states()).filter(({ state }) => state === 'done');
  expect(done).toEqual([{ run: report.run, state: 'done' }]);
  expect(await p.database.query('select count(*)::int as rows from ev')).toEqual([{ rows: 300 }]);
  worker.kill('SIGTERM');
  expect((await working).status).toBe(143);
  expect((await swift).status).toBe(0);
}, 150_000);
