import { expect, test } from 'vitest';
import { ended, spawnRespool } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { dayEvents } from './backfilling.js';
import { openPlace } from './place.js';

test('a run in the hands of workers is neither undone, dropped, retried nor verified before it is known here what they did', async () => {
  await using p = await openPlace(dayEvents(300));
  await using queue = await createDatabase();
  const swap = ['--method', 'swap', '--queue', queue.url];
  const { report: left } = await p.run(...swap, '--detach');
  const worker = () => spawnRespool(['worker', '--queue', queue.url, '--to', p.target, '--idle-exit', '1s'], p.call);
  expect((await ended(worker())).status).toBe(0);

  for (const [verb, ...yes] of [['undo', '--yes'], ['drop', '--yes'], ['retry'], ['verify']]) {
    const { status, stderr } = await p.later(verb ?? '', left.run, ...yes);
    expect([verb, status, stderr]).toEqual([verb, 4, expect.stringContaining('is in the hands of workers')]);
  }
  const alone = await p.run('--method', 'swap');
  expect([alone.status, alone.stderr]).toEqual([4, expect.stringContaining('is in the hands of workers')]);

  expect(await p.run(...swap)).toMatchObject({ status: 0, report: { run: left.run, complete: true } });
  const undone = await p.later('undo', left.run, '--yes');
  expect(undone.report.partitions.map(({ state }) => state)).toEqual(['undone', 'undone', 'undone']);
  expect(await p.database.query('select count(*)::int as rows from ev')).toEqual([{ rows: 0 }]);
}, 120_000);

test('a run that was given up with --fresh --queue can be undone as far as workers had come; --fresh alone is refused', async () => {
  await using p = await openPlace(dayEvents(300));
  await using queue = await createDatabase();
  const swap = ['--method', 'swap', '--queue', queue.url];
  const { report: left } = await p.run(...swap, '--detach');
  await queue.query(`delete from pgboss.job where data->>'item' <> '0'`);
  const worker = () => spawnRespool(['worker', '--queue', queue.url, '--to', p.target, '--idle-exit', '1s'], p.call);
  expect((await ended(worker())).status).toBe(0);
  const alone = await p.run('--method', 'swap', '--fresh');
  expect([alone.status, alone.stderr]).toEqual([4, expect.stringContaining('is in the hands of workers')]);
  expect(await p.run(...swap, '--fresh', '--detach')).toMatchObject({ status: 0, report: { complete: false } });

  const undone = await p.later('undo', left.run, '--yes');
  expect([undone.status, undone.stderr]).toEqual([
    0,
    expect.stringContaining('ev_20190701: the old partition is back'),
  ]);
  expect(await p.database.query('select count(*)::int as rows from ev')).toEqual([{ rows: 0 }]);
}, 120_000);

test('what was undone is filled again by the same command, also when workers had filled it before', async () => {
  await using p = await openPlace(dayEvents(300));
  await using queue = await createDatabase();
  const swap = ['--method', 'swap', '--queue', queue.url];
  const running = p.start(...swap);
  const lost = `delete from pgboss.job where name = 'respool-work' and data->>'item' = '2' returning id`;
  await expect.poll(() => queue.query(lost).catch(() => []), { timeout: 20_000, interval: 50 }).toHaveLength(1);
  const worker = spawnRespool(['worker', '--queue', queue.url, '--to', p.target], p.call);
  const working = ended(worker);
  const { status, report } = await running.end;
  expect([status, report.partitions.map(({ state }) => state)]).toEqual([2, ['done', 'done', 'failed']]);
  const undone = await p.later('undo', report.run, '--yes');
  expect(undone.report.partitions.map(({ state }) => state)).toEqual(['undone', 'undone', 'undone']);

  const again = await p.run(...swap);
  expect(again).toMatchObject({ status: 0, report: { run: report.run, complete: true } });
  expect(again.report.partitions.map(({ state, accepted }) => [state, accepted])).toEqual(Array(3).fill(['done', 100]));
  expect(await p.database.query('select count(*)::int as rows from ev')).toEqual([{ rows: 300 }]);
  worker.kill('SIGTERM');
  expect((await working).status).toBe(143);
}, 120_000);
