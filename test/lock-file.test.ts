import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nameHolder, takeLock } from '../src/lock-file.js';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'respool-lock-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const held = () => new Error('held');

test('of several takers of a dead process’s lock one alone gets it, however they meet', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '0']);
  for (let round = 0; round < 40; round++) {
    const path = join(home, `lock${round}`);
    await writeFile(path, JSON.stringify({ pid, host: hostname(), since: 'yesterday' }));
    const takers = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) => sleep(at % 4).then(() => takeLock(path, held))),
    );
    expect(takers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await rm(path);
    expect(await readdir(home)).toEqual([]);
  }
});

test('the lock of a process on another host is never taken over', async () => {
  const holder = { pid: 1, host: 'elsewhere', started: undefined, since: '2024-01-01T00:00:00.000Z' };
  await writeFile(join(home, 'lock'), JSON.stringify(holder));
  await expect(takeLock(join(home, 'lock'), (found) => new Error(nameHolder(found)))).rejects.toThrow(
    'process 1 on elsewhere since 2024-01-01T00:00:00.000Z',
  );
  expect(await readdir(home)).toEqual(['lock']);
});

test.runIf(process.platform === 'linux')('a killed process that nobody has asked for holds nothing', async () => {
  // The shell that has become `sleep` never asks for its child, as the first process of a container may not.
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60']);
  try {
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    await writeFile(join(home, 'lock'), JSON.stringify({ pid, host: hostname(), since: 'today' }));
    await expect(takeLock(join(home, 'lock'), held)).rejects.toThrow('held');
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ');

    await using _lock = await takeLock(join(home, 'lock'), held);
  } finally {
    parent.kill();
  }
});
