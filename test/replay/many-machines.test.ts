import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ended, folderWith, spawnRespool } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { startProxy } from '../support/tcp-proxy.js';
import { eventOf, events, type Replayed, replay, rowsIn } from './replaying.js';

/** Two files of several slices each, with events that are refused, undecodable, or twice. */
function dumps(): Record<string, string> {
  const lines = events(3_000).split('\n');
  for (let at = 50; at < 3_000; at += 500) {
    lines[at] = '{"event_id": "broken", ';
    lines[at + 1] = JSON.stringify({ ...eventOf(at + 1), level_cm: 'not a number', occurred_at: 'never' });
    lines[at + 2] = JSON.stringify(eventOf(at));
    lines[at + 3] = JSON.stringify(eventOf(at));
  }
  return { 'a.ndjson': lines.join('\n'), 'b.ndjson': events(1_000, 2_500) };
}

const SLICED = ['--slice', '32K'] as const;

/** What must be the same, however many processes have done it. */
function outcome({ status, report }: Replayed) {
  const { balanced, complete, read, undecodable, filtered, invalid, sinks, problems, quarantine } = report;
  const plain = sinks.map(({ label, ...rest }) => rest);
  return {
    status,
    balanced,
    complete,
    read,
    undecodable,
    filtered,
    invalid,
    plain,
    problems,
    left: quarantine?.events,
  };
}

async function linesOf({ report }: Replayed, folder: string): Promise<string[]> {
  const text = await readFile(join(folder, report.quarantine?.path ?? ''), 'utf8');
  const plain = text.replaceAll(/"run":"[^"]*"/g, '').replaceAll(/postgres:[^"]*/g, '');
  return plain.trimEnd().split('\n').sort();
}

test('two workers deliver what one process delivers, and what they cannot is kept with the same places', async () => {
  await using folder = await folderWith(dumps());
  await using alone = await createDatabase();
  await using shared = await createDatabase();
  await using queue = await createDatabase();
  const call = { cwd: folder.path };
  const args = (to: string) => ['a.ndjson', 'b.ndjson', '--to', to, '--where', 'event.event_id != "e7"'];
  const expected = await replay([...args(alone.url), '--state-dir', 'alone'], call);

  const worker = (idle: string) =>
    spawnRespool(['worker', '--queue', queue.url, '--idle-exit', idle, '--to', shared.url], call);
  const left = await replay([...args(shared.url), '--queue', queue.url, ...SLICED, '--detach'], call);
  expect(left).toMatchObject({ status: 0, report: { complete: false, slices: { done: 0, failed: 0 } } });
  const workers = [worker('1s'), worker('1s')].map(ended);
  const found = await replay([...args(shared.url), '--queue', queue.url, ...SLICED], call);
  expect((await Promise.all(workers)).map(({ status }) => status)).toEqual([0, 0]);

  expect(found.report.run).toBe(left.report.run);
  expect(found.report.slices?.slices).toBeGreaterThan(8);
  expect(outcome(found)).toEqual(outcome(expected));
  expect(await linesOf(found, folder.path)).toEqual(await linesOf(expected, folder.path));
  expect(await rowsIn(shared)).toBe(await rowsIn(alone));

  // A finished run leaves nothing in the queue, its quarantine is a source, and another run adds nothing.
  expect(
    await queue.query('select run from respool.replay_slices union all select run from respool.replay_lines'),
  ).toEqual([]);
  const again = await replay([found.report.quarantine?.path ?? '', '--to', shared.url], call);
  expect(again.report).toMatchObject({ read: expected.report.quarantine?.events, sinks: [{ accepted: 0 }] });
  const third = worker('1min');
  const rerun = await replay([...args(shared.url), '--queue', queue.url, ...SLICED], call);
  expect(rerun.report.run).not.toBe(found.report.run);
  expect(rerun.report).toMatchObject({ complete: true, balanced: true, sinks: [{ accepted: 0 }] });
  expect(await rowsIn(shared)).toBe(await rowsIn(alone));
  third.kill('SIGTERM');
  await ended(third);
}, 240_000);

test('a slice that no worker can read has failed with its reason; the same command again does it alone', async () => {
  await using folder = await folderWith({ 'a.ndjson': events(500), 'b.ndjson': events(500, 500) });
  await using target = await createDatabase();
  await using queue = await createDatabase();
  const call = { cwd: folder.path };
  const args = ['a.ndjson', 'b.ndjson', '--to', target.url, '--queue', queue.url, '--slice', '50K'];
  await replay([...args, '--detach'], call);
  await writeFile(join(folder.path, 'b.ndjson'), events(500, 700));
  const worker = (idle: string) =>
    spawnRespool(['worker', '--queue', queue.url, '--to', target.url, '--idle-exit', idle], call);
  expect((await ended(worker('1s'))).stderr).toContain('given up after 5 attempts');
  await writeFile(join(folder.path, 'b.ndjson'), events(500, 500));
  const failed = await queue.query(
    `select slice, error->>'code' as code from respool.replay_slices where state = 'failed'`,
  );
  expect(failed).toEqual([{ slice: 1, code: 'changed_since' }]);
  const mended = worker('1min');
  const { status, report } = await replay(args, call);
  expect({ status, report }).toMatchObject({ status: 0, report: { complete: true, sinks: [{ accepted: 1_000 }] } });
  expect(await rowsIn(target)).toBe(1_000);
  mended.kill('SIGTERM');
  await ended(mended);
}, 240_000);

describe.concurrent('what workers cannot share is refused before anything is handed out', () => {
  const queue = 'postgres://postgres@127.0.0.1:1/nobody';
  test.each([
    ['with --queue the events need a sink that all workers can reach', ['a.ndjson']],
    ['who numbers events has to see them all', ['a.ndjson', '--to', 'mixpanel', '--identical', 'keep']],
    ['--limit cannot be kept with --queue', ['a.ndjson', '--to', 'mixpanel', '--limit', '5']],
  ])('%s', async (words, args) => {
    await using folder = await folderWith({ 'a.ndjson': events(3) });
    const { status, stderr } = await replay([...args, '--queue', queue], { cwd: folder.path });
    expect([status, stderr]).toEqual([3, expect.stringContaining(words)]);
  });

  test.each([
    ['standard input', ['-', '--to', 'DATABASE']],
    ['an embedded database', ['a.ndjson', '--to', 'pglite:here']],
    ['a file', ['a.ndjson', '--to', 'file:out.ndjson']],
    ['totals of all events', ['a.ndjson', '--to', 'datadog-archive:there']],
  ])('%s', async (_why, args) => {
    await using folder = await folderWith({ 'a.ndjson': events(3) });
    await using database = await createDatabase();
    const real = args.map((word) => (word === 'DATABASE' ? database.url : word));
    const { status, stderr } = await replay([...real, '--queue', database.url], { cwd: folder.path });
    expect([status, stderr]).toEqual([3, expect.stringMatching(/cannot be shared (out|by workers):/)]);
    expect(await database.query('select run from respool.replay_runs')).toEqual([]);
  });
});

test('what a worker that stands still has begun in the table keeps nobody waiting, and what it says later is void', async () => {
  await using folder = await folderWith({ 'a.ndjson': events(300) });
  await using target = await createDatabase();
  await using queue = await createDatabase();
  await using proxy = await startProxy(target.url);
  const to = `${proxy.url}?sslmode=disable`;
  const call = { cwd: folder.path };
  const args = ['a.ndjson', '--to', to, '--queue', queue.url, '--batch', '100'];
  await replay([...args, '--detach'], call);
  // Its rows are written, and it is about to commit them.
  proxy.freezeBehind('pg_current_xact_id_if_assigned');
  const still = spawnRespool(['worker', '--queue', queue.url, '--to', to], call);
  const standing = ended(still);
  await expect.poll(() => proxy.frozen, { timeout: 20_000, interval: 20 }).toBe(1);
  still.kill('SIGSTOP');
  const other = spawnRespool(['worker', '--queue', queue.url, '--to', to, '--idle-exit', '1s'], call);
  const { status, report } = await replay(args, call);

  expect({ status, report }).toMatchObject({
    status: 0,
    report: { complete: true, balanced: true, sinks: [{ accepted: 300, duplicate: 0 }] },
  });
  expect((await ended(other)).stderr).not.toContain('given back');
  still.kill('SIGCONT');
  await expect.poll(() => rowsIn(target), { timeout: 20_000 }).toBe(300);
  still.kill('SIGTERM');
  expect((await standing).status).toBe(143);
  expect(await rowsIn(target)).toBe(300);
}, 120_000);
