import { type ChildProcess, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { ended, folderWith, respool, spawnRespool } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s finishes what is in flight, prints the report and ends with %i', async (signal, exitCode) => {
  await using folder = await folderWith({ 'first.ndjson': event(0), 'dump.ndjson': manyBatches() });
  await using database = await createDatabase();
  await respool(['replay', 'first.ndjson', '--to', database.url], { cwd: folder.path });
  const locker = new pg.Client(database.url);
  await locker.connect();
  await locker.query('begin; lock table events in exclusive mode');
  const child = spawnRespool(['replay', 'dump.ndjson', '--to', database.url, '--output', 'json'], { cwd: folder.path });
  const end = ended(child);

  while (!(await isWaitedFor(locker))) await sleep(50);
  child.kill(signal);
  await outputOf(child, /Stopping: finishing what is in flight/);
  await locker.end();
  const { status, stdout } = await end;

  expect(status).toBe(exitCode);
  expect(JSON.parse(stdout)).toMatchObject({ complete: false, balanced: true, exitCode });
});

async function isWaitedFor(locker: pg.Client): Promise<boolean> {
  const { rows } = await locker.query(
    'select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())',
  );
  return rows.length > 0;
}

async function outputOf(child: ChildProcess, expected: RegExp): Promise<void> {
  if (child.stderr === null) return;
  for await (const [text] of on(child.stderr, 'data')) if (expected.test(text)) return;
}

function event(id: number): string {
  return `${JSON.stringify({ id: `e${id}`, name: 'n', time: '2020-01-01T00:00:00Z', padding: 'x'.repeat(5_000) })}\n`;
}

/** Some 50 MB, more than a run takes in at once. */
function manyBatches(): string {
  return Array.from({ length: 10_000 }, (_, id) => event(id)).join('');
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('a second %s ends a process that does not come to its end, with %i', async (signal, exitCode) => {
  const signals = new URL('../../dist/cli/signals.cjs', import.meta.url);
  const hang = `import { watchSignals } from '${signals}';
    const stop = watchSignals(process, () => console.log('first'));
    stop.now.addEventListener('abort', () => console.log('now', stop.finish.aborted));
    setInterval(() => {}, 1000);
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', hang]);
  const end = ended(child);
  await once(child.stdout, 'data');
  child.kill(signal);
  await once(child.stdout, 'data');
  child.kill(signal);

  expect(await end).toEqual({ status: exitCode, stdout: 'ready\nfirst\nnow true\n', stderr: '' });
});
