import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { zstdFrame } from '../sources/dump/zstd-frame.js';
import { folderWith } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { events, replay, rowsIn } from './replaying.js';

const isRoot = process.getuid?.() === 0;

test.each([
  ['nowhere.ndjson', 'nowhere.ndjson: no such file or folder', 'look into the folder'],
  ['dmup.ndjson', 'dmup.ndjson: no such file or folder', 'did you mean dump.ndjson?'],
  ['empty/', 'the folder holds no files', 'hidden files are left out'],
  ['*.parquet', '*.parquet: no file matches', 'quote the pattern'],
])('%s names nothing: exit 3, and nothing is made', async (word, message, hint) => {
  await using folder = await folderWith({ 'dump.ndjson': events(1) });
  await mkdir(join(folder.path, 'empty'));
  const { status, stderr } = await replay([word], { cwd: folder.path });

  expect(status).toBe(3);
  expect(stderr).toContain(message);
  expect(stderr).toContain(`hint: ${hint}`);
  expect(await ls(folder.path)).toEqual(['dump.ndjson', 'empty']);
});

test.skipIf(isRoot)('a file that may not be read does not stop the others: exit 2', async () => {
  await using folder = await folderWith({ 'a.ndjson': events(2), 'b.ndjson': events(2, 2), 'c.ndjson': events(2, 4) });
  await using database = await createDatabase();
  await chmod(join(folder.path, 'b.ndjson'), 0);
  const { status, report } = await replay(['.', '--to', database.url], { cwd: folder.path });

  expect(status).toBe(2);
  expect(report.failures).toMatchObject([{ part: 'b.ndjson', code: 'source_permission_denied' }]);
  expect(await rowsIn(database)).toBe(4);
});

test('a link to nowhere in a folder does not stop the other files: exit 2', async () => {
  await using folder = await folderWith({ 'a.ndjson': events(2), 'c.ndjson': events(2, 4) });
  await using database = await createDatabase();
  await symlink('gone.ndjson', join(folder.path, 'b.ndjson'));
  const { status, report } = await replay(['.', '--to', database.url], { cwd: folder.path });

  expect(status).toBe(2);
  expect(report).toMatchObject({ complete: false, failures: [{ part: 'b.ndjson', code: 'source_unreadable' }] });
  expect(await rowsIn(database)).toBe(4);
});

test('an empty file is done and clean, unless events were expected', async () => {
  await using folder = await folderWith({ 'empty.ndjson': '' });
  await using database = await createDatabase();
  const call = { cwd: folder.path };
  const args = ['empty.ndjson', '--to', database.url];

  expect(await replay(args, call)).toMatchObject({ status: 0, report: { read: 0, complete: true, balanced: true } });
  expect(await replay([...args, '--min-events', '1'], call)).toMatchObject({ status: 1, report: { read: 0 } });
});

test.each([
  ['gzip', 'dump.json.gz', (text: string) => gzipSync(text)],
  ['zstd', 'dump.json.zst', (text: string) => zstdFrame(Buffer.from(text))],
])('of a truncated %s, what was whole is delivered; then exit 2 with the byte', async (_kind, name, compress) => {
  await using folder = await folderWith();
  await using database = await createDatabase();
  const whole = compress(events(50_000));
  await writeFile(join(folder.path, name), whole.subarray(0, Math.floor(whole.length / 2)));
  const { status, report } = await replay([name, '--to', database.url], { cwd: folder.path });

  expect(status).toBe(2);
  expect(report.complete).toBe(false);
  expect(report.balanced).toBe(true);
  expect(report.failures?.[0]).toMatchObject({ part: name, message: expect.stringMatching(/byte [\d,]+/u) });
  expect(report.read).toBeGreaterThan(10_000);
  expect(await rowsIn(database)).toBe(report.sinks[0]?.accepted);
});

const LFS = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d7a'.repeat(16)}\nsize 12345\n`;
const JUNK = Buffer.from(Array.from({ length: 4_096 }, (_, at) => (at * 7_919) % 251));
const HTML = '<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\n';
const CONFLICT = 'id,name,time\n1,a,2020-01-01\n<<<<<<< HEAD\n2,b,2020-01-02\n=======\n2,c,2020-01-02\n>>>>>>> main\n';

test.each([
  ['dump.ndjson', LFS, 'source_is_lfs_pointer', 'git lfs pull'],
  ['dump.json', JUNK, 'source_is_binary', 'dumps are JSON'],
  ['dump.json', HTML, 'source_is_html', 'error page'],
])('%s that is no dump at all is refused in one sentence (case %#)', async (name, content, code, hint) => {
  await using folder = await folderWith();
  await using database = await createDatabase();
  await writeFile(join(folder.path, name), content);
  const { status, report } = await replay([name, '--to', database.url], { cwd: folder.path });

  expect(status).toBe(2);
  expect(report).toMatchObject({ read: 0, complete: false, failures: [{ part: name, code }] });
  expect(report.failures?.[0]?.hint).toContain(hint);
});

test('markers of a merge conflict in a CSV never become events', async () => {
  await using folder = await folderWith({ 'dump.csv': CONFLICT });
  await using database = await createDatabase();
  const { status, report } = await replay(['dump.csv', '--to', database.url], { cwd: folder.path });

  expect(status).toBeGreaterThan(0);
  expect(report.balanced).toBe(true);
  expect(report.undecodable).toBe(3);
  expect(report.problems?.[0]?.example).toMatch(/^dump\.csv:\d/u);
  expect(await rowsIn(database)).toBe(3);
});

test('a line of 200 MB is passed over with little memory, and its neighbours are delivered', async () => {
  await using folder = await folderWith();
  await using database = await createDatabase();
  const path = join(folder.path, 'dump.ndjson');
  const chunk = 'x'.repeat(10_000_000);
  await writeFile(path, `${events(2)}{"event_id":"`);
  for (let i = 0; i < 20; i++) await writeFile(path, chunk, { flag: 'a' });
  await writeFile(path, `"}\n${events(2, 2)}`, { flag: 'a' });
  const peak = join(folder.path, 'peak');
  const { status, report } = await replay([path, '--to', database.url], {
    cwd: folder.path,
    env: { NODE_OPTIONS: `--import ${recordPeak(peak)}` },
  });

  expect(status).toBe(1);
  expect(report).toMatchObject({ read: 5, undecodable: 1, balanced: true, problems: [{ code: 'line_too_long' }] });
  expect(report.problems?.[0]?.example).toBe(`${path}:3`);
  expect(await rowsIn(database)).toBe(4);
  expect(Number(execFileSync('cat', [peak], { encoding: 'utf8' }))).toBeLessThan(400 * 1024);
});

test.each([
  ['{"type": "nonsense"}', /schema\.json/u],
  ['{"type": ', /schema\.json/u],
  ['{"properties": {"level_cm": {"$ref": "parts/missing.json"}}}', /parts\/missing\.json/u],
  ['{"$ref": "https://example.com/far.json"}', /https:\/\/example\.com\/far\.json/u],
])('a schema that cannot be used is named before anything is touched (case %#)', async (schema, message) => {
  await using folder = await folderWith({ 'dump.ndjson': events(1), 'schema.json': schema });
  const { status, stderr } = await replay(['dump.ndjson', '--schema', 'schema.json'], { cwd: folder.path });

  expect(status).toBe(3);
  expect(stderr).toMatch(message);
  expect(stderr).toContain('hint: ');
  expect(await ls(folder.path)).toEqual(['dump.ndjson', 'schema.json']);
});

async function ls(path: string): Promise<string[]> {
  return execFileSync('ls', ['-A', path], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

/** A module that writes down the most memory the process has held, in KiB. */
function recordPeak(path: string): string {
  const code = `import { writeFileSync } from 'node:fs'; import { isMainThread } from 'node:worker_threads';
    if (isMainThread) process.on('exit', () => writeFileSync(${JSON.stringify(path)}, String(process.resourceUsage().maxRSS)));`;
  return `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
}
