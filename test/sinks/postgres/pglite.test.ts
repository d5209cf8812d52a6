import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSink } from '../../../src/sinks/open.js';
import { folderError } from '../../../src/sinks/postgres/folder-error.js';
import { lockFolder } from '../../../src/sinks/postgres/folder-lock.js';
import { count, deliver } from '../../support/batches.js';
import { CONTEXT } from '../../support/tables.js';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'respool-pglite-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

function some(length: number) {
  return Array.from({ length }, (_, n) => ({
    event_id: `e${n}`,
    occurred_at: new Date(Date.UTC(2024, 0, 1 + (n % 2))).toISOString(),
  }));
}

test('the embedded database keeps its events from one opening to the next', async () => {
  const address = `pglite:${home}/new/db?table=plays`;
  {
    await using sink = await openSink(address, CONTEXT);
    expect(count(await deliver(sink, some(1_000)))).toEqual({ accepted: 1_000 });
    expect(sink.describe().notes.join()).toContain('power cut');
  }
  await using sink = await openSink(address, CONTEXT);
  expect(count(await deliver(sink, some(1_000)))).toEqual({ duplicate: 1_000 });
});

test('a folder that is in use is refused with the process that holds it', async () => {
  await using _lock = await lockFolder(`${home}/db`);
  await expect(openSink(`pglite:${home}/db`, CONTEXT)).rejects.toMatchObject({
    code: 'folder_in_use',
    exitCode: 3,
    message: expect.stringContaining(`the embedded database in ${home}/db is in use by process ${process.pid} since`),
  });
});

test('the lock of a process that is gone is taken over', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  await writeFile(`${home}/db.lock`, JSON.stringify({ pid: child.pid, host: hostname(), since: 'yesterday' }));
  await using _lock = await lockFolder(`${home}/db`);
  expect(await readdir(home)).toEqual(['db.lock']);
});

test('a lock that is given back can be taken again', async () => {
  {
    await using _lock = await lockFolder(`${home}/db`);
  }
  await using _again = await lockFolder(`${home}/db`);
});

test('an address without a folder is refused', async () => {
  await expect(openSink('pglite:', CONTEXT)).rejects.toMatchObject({ code: 'bad_sink_address' });
});

const dryRuns = [{ dryRun: false }, { dryRun: true }];

test.each(dryRuns)('a file in the place of the folder, or above it, is named and left alone: %o', async (run) => {
  await writeFile(`${home}/notes.txt`, 'kept');
  for (const folder of [`${home}/notes.txt`, `${home}/notes.txt/db`]) {
    await expect(openSink(`pglite:${folder}`, { ...CONTEXT, ...run })).rejects.toMatchObject({
      code: 'not_a_database_folder',
      exitCode: 3,
      message: `a file stands where a folder is needed for ${folder}`,
      hint: expect.stringContaining('name a folder'),
    });
  }
  expect(await readdir(home)).toEqual(['notes.txt']);
});

test.each(dryRuns)('a folder with other files is refused and left alone: %o', async (run) => {
  await mkdir(`${home}/photos`);
  await writeFile(`${home}/photos/cat.jpg`, '');
  await expect(openSink(`pglite:${home}/photos`, { ...CONTEXT, ...run })).rejects.toMatchObject({
    code: 'not_a_database_folder',
    message: expect.stringContaining(`${home}/photos holds files`),
  });
  expect(await readdir(home, { recursive: true })).toEqual(['photos', 'photos/cat.jpg']);
});

test('an empty folder is used as it is', async () => {
  await mkdir(`${home}/db`);
  await using sink = await openSink(`pglite:${home}/db`, CONTEXT);
  expect(count(await deliver(sink, some(1)))).toEqual({ accepted: 1 });
});

test('a folder that cannot be made is told with the reason of the system', async () => {
  const folder = `${home}/${'long'.repeat(100)}`;
  await expect(openSink(`pglite:${folder}`, CONTEXT)).rejects.toMatchObject({
    code: 'database_not_writable',
    exitCode: 2,
    message: expect.stringMatching(/^the embedded database in .*long cannot be made, read or written: ENAMETOOLONG/u),
    hint: expect.stringContaining('pglite:<folder>'),
  });
});

test.skipIf(process.getuid?.() === 0)('a folder that may not be written is told with the missing right', async () => {
  await mkdir(`${home}/others`, { mode: 0o500 });
  await expect(openSink(`pglite:${home}/others/db`, CONTEXT)).rejects.toMatchObject({
    code: 'database_not_writable',
    message: expect.stringContaining('EACCES'),
  });
  await chmod(`${home}/others`, 0o700);
});

test.each([
  [{ errno: 51 }, 'not_writable', 'database_disk_full', 4],
  [Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' }), 'damaged', 'database_not_writable', 2],
  [{ errno: 44 }, 'damaged', 'database_damaged', 2],
  [new Error('Aborted()'), 'damaged', 'database_damaged', 2],
] as const)('%o while a database is opened is told as what it is', (error, fallback, code, exitCode) => {
  const told = folderError('/data/db', error, fallback);
  expect(told).toMatchObject({ code, exitCode, message: expect.stringContaining('/data/db') });
  expect(told.message).not.toContain('[object');
});

test('a dry run describes a database that is not there, and makes none', async () => {
  await using sink = await openSink(`pglite:${home}/new/db?table=plays`, { ...CONTEXT, dryRun: true });
  expect(sink.describe().notes[0]).toContain('table public.plays is missing and will be made');
  expect(await readdir(home)).toEqual([]);
});

test('a dry run reads a database that is there without changing or holding it', async () => {
  const address = `pglite:${home}/db?table=plays`;
  {
    await using sink = await openSink(address, CONTEXT);
    await deliver(sink, some(10));
  }
  const before = await everythingIn(home);
  {
    await using sink = await openSink(address, { ...CONTEXT, dryRun: true });
    expect(sink.describe().notes[0]).toContain('table public.plays, key (event_id, occurred_at)');
    expect(await everythingIn(home)).toEqual(before);
    await using lock = await lockFolder(join(home, 'db'));
    expect(lock).toBeDefined();
  }
  expect(await everythingIn(home)).toEqual(before);
});

test('nobody else can look into a new database', async () => {
  const folder = join(home, 'db');
  await (await openSink(`pglite:${folder}`, CONTEXT))[Symbol.asyncDispose]();

  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

/** Names, times and content of all files. */
async function everythingIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.toSorted().map(async (path) => {
      const content = createHash('sha1').update(await readFile(path));
      return `${path} ${(await stat(path)).mtimeMs} ${content.digest('hex')}`;
    }),
  );
}
