import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { folderWith } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { events, replay, rowsIn, said, startReplay, until } from './replaying.js';

test('Ctrl-C while standard input is idle is the end of the source: what has come is delivered and reported', async () => {
  await using folder = await folderWith();
  await using database = await createDatabase();
  const run = startReplay(['-', '--to', database.url, '--batch', '1000'], { cwd: folder.path });
  run.child.stdin.write(events(20_000));
  await until(async () => (await rowsIn(database)) >= 1_000);
  run.child.kill('SIGINT');
  const { status, report } = await run.end;

  expect(status).toBe(130);
  expect(report).toMatchObject({ complete: false, balanced: true, stoppedBy: { code: 'interrupted' } });
  expect(report.sinks[0]?.accepted).toBe(await rowsIn(database));
  expect(report.next?.[0]?.why).toContain('with the same input from its start');
});

test('Ctrl-C before anything has been read leaves no run behind', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(5) });
  await using database = await createDatabase();
  const run = startReplay(['-', '--to', database.url], { cwd: folder.path });
  run.child.stdin.write('\n');
  const state = join(folder.path, '.respool');
  await until(async () => existsSync(join(state, 'lock')));
  run.child.kill('SIGINT');
  const { status, stdout, stderr } = await run.end;

  expect(status).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ complete: false, exitCode: 130, error: { code: 'interrupted' } });
  expect(stderr).toContain('nothing was read');
  expect(readdirSync(state)).toEqual([]);
});

test('Ctrl-C in a big file saves what is done, and the same command goes on', async () => {
  const count = 60_000;
  await using folder = await folderWith({ 'dump.ndjson': events(count) });
  await using database = await createDatabase();
  const args = ['dump.ndjson', '--to', database.url, '--batch', '500'];
  const run = startReplay(args, { cwd: folder.path });
  await until(async () => (await rowsIn(database)) > 0);
  run.child.kill('SIGINT');
  const first = await run.end;

  expect(first.status).toBe(130);
  expect(first.report.sinks[0]?.accepted).toBe(await rowsIn(database));
  expect(first.report.read).toBeLessThan(count);
  const second = await replay(args, { cwd: folder.path });
  expect(second).toMatchObject({
    status: 0,
    report: { run: first.report.run, read: count, sinks: [{ accepted: count, duplicate: 0 }] },
  });
});

test('a second Ctrl-C ends at once, and the same command goes on', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(2_000) });
  await using database = await createDatabase();
  await replay(['dump.ndjson', '--limit', '1', '--to', database.url], { cwd: folder.path });
  await database.query('truncate events');
  const args = ['dump.ndjson', '--to', database.url];
  const locker = new pg.Client(database.url);
  await locker.connect();
  await locker.query('begin; lock table events in exclusive mode');
  const run = startReplay(args, { cwd: folder.path });
  await until(async () => (await waiting(locker)) > 0);
  run.child.kill('SIGINT');
  await said(run.child, /Stopping/u);
  run.child.kill('SIGINT');
  const { status, stdout } = await run.end;
  await locker.end();

  expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
  expect(await replay(args, { cwd: folder.path })).toMatchObject({
    status: 0,
    report: { resumed: 1, sinks: [{ accepted: 2_000, duplicate: 0 }] },
  });
});

test('--max-rate is never exceeded, not even by a batch, and kept where the machine allows it', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(2_000) });
  await using database = await createDatabase();
  await database.query(`create table events (event_id text primary key, occurred_at timestamptz,
    arrived timestamptz default clock_timestamp())`);
  const { report } = await replay(['dump.ndjson', '--to', database.url, '--max-rate', '500'], { cwd: folder.path });
  const batches = await database.query(
    'select count(*)::int as events, extract(epoch from min(arrived))::float8 as at from events group by xmin::text order by at',
  );
  const sizes = batches.map(({ events: size }) => Number(size));
  const seconds = Number(batches.at(-1)?.at) - Number(batches[0]?.at);
  const rate = sizes.slice(1).reduce((sum, size) => sum + size, 0) / seconds;

  expect(report.sinks).toMatchObject([{ accepted: 2_000 }]);
  expect(Math.max(...sizes)).toBeLessThan(60);
  expect(rate).toBeGreaterThan(300);
  expect(rate).toBeLessThan(515);
});

async function waiting(client: { query(sql: string): Promise<{ rows: { waiting: number }[] }> }): Promise<number> {
  const { rows } = await client.query(
    'select count(*)::int as waiting from pg_locks join pg_database d on d.oid = database where d.datname = current_database() and not granted',
  );
  return rows[0]?.waiting ?? 0;
}
