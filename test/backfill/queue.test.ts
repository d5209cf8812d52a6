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
