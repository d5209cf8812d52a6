import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { events, replay, rowsIn, startReplay, until } from './replaying.js';

const isRoot = process.getuid?.() === 0;

test.skipIf(isRoot)('a state folder that may not be written: exit 2, before anything is delivered', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(10) });
  await using database = await createDatabase();
  await mkdir(join(folder.path, 'state'), { mode: 0o500 });
  const run = await replay(['dump.ndjson', '--to', database.url, '--state-dir', 'state'], { cwd: folder.path });
  await chmod(join(folder.path, 'state'), 0o700);

  expect(run.status).toBe(2);
  expect(run.stderr).toMatch(/^error: there is no right to read or write state/mu);
  expect(await rowsIn(database)).toBe(0);
});

test('a file in the place of the state folder: exit 3', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(10), state: '' });
  await using database = await createDatabase();
  const run = await replay(['dump.ndjson', '--to', database.url, '--state-dir', 'state'], { cwd: folder.path });

  expect(run.status).toBe(3);
  expect(run.stderr).toContain('--state-dir');
});

test('a missing dump is told before the state folder is made', async () => {
  await using folder = await folderWith();
  expect(await replay(['dump.ndjson'], { cwd: folder.path })).toMatchObject({ status: 3 });
  expect(await readdir(folder.path)).toEqual([]);
});

test('of two runs at once on one state folder one is refused: exit 4, and the other one finishes', async () => {
  await using folder = await folderWith({ 'b.ndjson': events(100, 5_000) });
  await using database = await createDatabase();
  const first = startReplay(['-', '--to', database.url], { cwd: folder.path });
  await until(async () => (await readdir(join(folder.path, '.respool')).catch((): string[] => [])).includes('lock'));
  const second = await replay(['b.ndjson', '--to', database.url], { cwd: folder.path });
  first.child.stdin.end(events(1_500));

  expect(second.status).toBe(4);
  expect(second.stderr).toMatch(/the state folder \.respool is in use by process \d+ since/u);
  expect(second.stderr).toContain('--state-dir');
  expect(await first.end).toMatchObject({ status: 0, report: { complete: true } });
  expect(await rowsIn(database)).toBe(1_500);
});

test.each(['positions.json', 'run.json'])('a damaged %s is named: exit 2, and --fresh starts anew', async (name) => {
  await using folder = await folderWith({ 'dump.ndjson': events(1_500) });
  await using database = await createDatabase();
  const args = ['dump.ndjson', '--to', database.url];
  await interrupt(args, folder.path, async () => (await rowsIn(database)) > 0);
  const path = join(await runFolder(folder.path), name);
  await truncate(path, 40);
  const refused = await replay(args, { cwd: folder.path });

  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain(`${name} is damaged`);
  expect(refused.stderr).toContain('--fresh');
  expect(await replay([...args, '--fresh'], { cwd: folder.path })).toMatchObject({
    status: 0,
    report: { read: 1_500 },
  });
  expect(await rowsIn(database)).toBe(1_500);
});

test('a run goes on with other --jobs and --batch, and the report covers all of it', async () => {
  const bad = '{"event_id": \n'.repeat(20);
  await using folder = await folderWith({ 'dump.ndjson': bad + events(2_000) + bad });
  await using database = await createDatabase();
  const args = ['dump.ndjson', '--to', database.url];
  const first = await interrupt(args, folder.path, async () => (await rowsIn(database)) > 200);
  expect(first).toMatchObject({ status: 130, report: { complete: false, balanced: true } });
  expect(first.report.next?.[0]?.why).toContain('goes on');

  const second = await replay([...args, '--jobs', '1', '--batch', '333'], { cwd: folder.path });
  expect(second.report).toMatchObject({
    run: first.report.run,
    resumed: 1,
    complete: true,
    balanced: true,
    read: 2_040,
    undecodable: 40,
    sinks: [{ accepted: 2_000, duplicate: 0 }],
    quarantine: { events: 40 },
  });
  expect(await rowsIn(database)).toBe(2_000);
  const lines = (await readFile(join(folder.path, second.report.quarantine?.path ?? ''), 'utf8')).trimEnd().split('\n');
  expect(new Set(lines.map((line) => JSON.parse(line).source.line)).size).toBe(40);
});

test.each([
  ['the dump', 'dump.ndjson', `${events(1_500)}\n`, /dump\.ndjson has changed/u],
  ['the schema', 'schema.json', '{"type":"object","required":["event_id"]}', /the schema has changed/u],
])('%s that changed between two invocations is named: exit 3', async (_what, name, content, message) => {
  await using folder = await folderWith({ 'dump.ndjson': events(1_500), 'schema.json': '{"type":"object"}' });
  await using database = await createDatabase();
  const args = ['dump.ndjson', '--to', database.url, '--schema', 'schema.json'];
  await interrupt(args, folder.path, async () => (await rowsIn(database)) > 0);
  await writeFile(join(folder.path, name), content);
  const refused = await replay(args, { cwd: folder.path });

  expect(refused.status).toBe(3);
  expect(refused.stderr).toMatch(message);
  expect(refused.stderr).toContain('--fresh');
  expect(await replay([...args, '--fresh'], { cwd: folder.path })).toMatchObject({ status: 0 });
  expect(await rowsIn(database)).toBe(1_500);
});

test('identical events that are all kept keep their numbers when their run is interrupted', async () => {
  const { event_id, ...rest } = { event_id: 0, occurred_at: '2020-01-01T00:00:00Z', name: 'ping' };
  const dump = `${JSON.stringify(rest)}\n`.repeat(750);
  await using folder = await folderWith({ 'a.ndjson': dump, 'b.ndjson': dump });
  await using database = await createDatabase();
  const args = ['a.ndjson', 'b.ndjson', '--identical', 'keep', '--to', database.url];
  await interrupt(args, folder.path, async () => (await rowsIn(database)) > 200);
  await interrupt(args, folder.path, async () => (await rowsIn(database)) > 900);
  const second = await replay(args, { cwd: folder.path });

  expect(second.report).toMatchObject({ complete: true, balanced: true, sinks: [{ accepted: 1_500, duplicate: 0 }] });
  expect(await rowsIn(database)).toBe(1_500);
});

/** Only root may mount, and not in every container. */
const [MOUNT, UMOUNT] = ['mount', 'umount'] as const;
const canMount = isRoot && mountsAndUnmounts(mkdtempSync(join(tmpdir(), 'respool-mount-')));

test.skipIf(!canMount)(
  'a full disk under the state folder: exit 4, and once there is room nothing is missing',
  async () => {
    const bad = Array.from({ length: 600 }, (_, at) => `{"broken": ${at}, "${'x'.repeat(500)}\n`).join('');
    await using folder = await folderWith({ 'dump.ndjson': events(2_000) + bad + events(1_000, 2_000) });
    await using database = await createDatabase();
    const state = join(folder.path, 'state');
    await mkdir(state);
    execFileSync(MOUNT, ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', state]);
    try {
      const args = ['dump.ndjson', '--to', database.url, '--state-dir', state];
      const full = await replay([...args, '--batch', '100'], { cwd: folder.path });
      expect(full.status).toBe(4);
      expect(full.stderr).toMatch(/no space left to write .*quarantine\.ndjson/u);
      expect(full.stderr).toContain('free some space');

      execFileSync(MOUNT, ['-o', 'remount,size=16m', state]);
      const { status, report } = await replay(args, { cwd: folder.path });
      expect(status).toBe(1);
      expect(report).toMatchObject({
        complete: true,
        balanced: true,
        read: 3_600,
        sinks: [{ accepted: 3_000, duplicate: 0 }],
        quarantine: { events: 600 },
      });
      expect(await rowsIn(database)).toBe(3_000);
      const lines = (await readFile(report.quarantine?.path ?? '', 'utf8')).trimEnd().split('\n');
      expect(new Set(lines.map((line) => JSON.parse(line).source.line)).size).toBe(600);
    } finally {
      execFileSync(UMOUNT, [state]);
    }
  },
);

/** Runs slowly until the condition holds, presses Ctrl-C, and resolves to what was left behind. */
async function interrupt(args: readonly string[], cwd: string, condition: () => Promise<boolean>) {
  const run = startReplay([...args, '--max-rate', '500'], { cwd });
  await until(condition);
  run.child.kill('SIGINT');
  return run.end;
}

async function runFolder(cwd: string): Promise<string> {
  const runs = join(cwd, '.respool', 'runs');
  const [id = ''] = await readdir(runs);
  return join(runs, id);
}

function mountsAndUnmounts(path: string): boolean {
  const isMounted = spawnSync(MOUNT, ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', path]).status === 0;
  if (isMounted) spawnSync(UMOUNT, [path]);
  rmdirSync(path);
  return isMounted;
}
