import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from '../../src/flow/state/lock.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'respool-lock-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('a second taker is told who holds the folder and what to do', async () => {
  await using _lock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toMatchObject({
    code: 'state_in_use',
    exitCode: 4,
    message: expect.stringContaining(`process ${process.pid}`),
    hint: expect.stringContaining('--state-dir'),
  });
});

test('a released folder can be taken again, and nothing is left behind', async () => {
  for (let i = 0; i < 3; i++) {
    await using _lock = await lockFolder(folder);
    expect(await readdir(folder)).toEqual(['lock']);
  }
  expect(await readdir(folder)).toEqual([]);
});

test('the lock of a dead process is taken over', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '0']);
  await writeFile(join(folder, 'lock'), JSON.stringify({ pid, host: hostname(), since: 'yesterday' }));
  await using _lock = await lockFolder(folder);
  expect(await readdir(folder)).toEqual(['lock']);
});

test('a pid that now belongs to another process does not hold the folder', async () => {
  const holder = { pid: process.ppid, host: hostname(), started: '1', since: 'before the restart' };
  await writeFile(join(folder, 'lock'), JSON.stringify(holder));
  await using _lock = await lockFolder(folder);
});

test('of many takers of a stale lock exactly one gets it', async () => {
  await writeFile(join(folder, 'lock'), 'half a l');
  const takers = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
  expect(takers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});
