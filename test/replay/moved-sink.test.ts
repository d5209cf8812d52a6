import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDatabase } from '../support/postgres.js';
import { events, replay } from './replaying.js';

test('a run is not taken up again when the name of its sink means another table by now', async () => {
  await using database = await createDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'respool-moved-'));
  const config = (table: string) =>
    writeFile(
      join(folder, 'respool.config.json'),
      JSON.stringify({ sinks: { warehouse: { to: `${database.url}?table=${table}` } } }),
    );
  await writeFile(join(folder, 'dump.ndjson'), `${events(20)}nonsense\n${events(20, 20)}`);
  const args = ['dump.ndjson', '--to', 'warehouse', '--batch', '10'];

  await config('one');
  const stopped = await replay([...args, '--max-rejected', '0'], { cwd: folder });
  expect(stopped.report).toMatchObject({ complete: false, stoppedBy: { code: 'max_rejected' } });

  await config('two');
  const moved = await replay(args, { cwd: folder });
  expect(moved.status).toBe(3);
  expect(JSON.parse(moved.stdout)).toMatchObject({ complete: false, exitCode: 3, error: { code: 'changed_since' } });
  expect(moved.stderr).toMatch(/is unfinished, and it went to .*one.*, not to .*two/u);

  await config('one');
  const resumed = await replay(args, { cwd: folder });
  expect(resumed.report).toMatchObject({ complete: true, sinks: [{ accepted: 40 }], undecodable: 1 });
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test('a table that is named twice is refused instead of being counted once', async () => {
  await using database = await createDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'respool-twice-'));
  await writeFile(join(folder, 'dump.ndjson'), events(3));
  const sink = `${database.url}?table=events`;
  const twice = await replay(['dump.ndjson', '--to', sink, '--to', sink], { cwd: folder });
  expect(twice.status).toBe(3);
  expect(twice.stderr).toContain('two of the sinks are the same');
  await rm(folder, { recursive: true, force: true });
}, 60_000);
