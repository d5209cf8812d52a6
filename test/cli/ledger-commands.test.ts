import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, respool } from '../support/cli.js';

const event = (id: string) => JSON.stringify({ event_id: id, name: 'x', occurred_at: '2019-07-01T00:00:00Z' });

async function folderWithRun() {
  const folder = await folderWith({ 'dump.ndjson': `${event('a')}\n${event('b')}\n{"event_id": "broken", \n` });
  const call = (...args: readonly string[]) => respool(args, { cwd: folder.path });
  await call('replay', 'dump.ndjson', '--to', 'file:out.ndjson', '-q');
  const [run = ''] = await readdir(join(folder.path, '.respool/runs'));
  return { ...folder, run, call, json: async (...args: string[]) => JSON.parse((await call(...args)).stdout) };
}

test('trace tells in which run and sink an event was taken, and exits 1 for one that nobody knows', async () => {
  await using t = await folderWithRun();
  const sink = `file:${join(t.path, 'out.ndjson')}`;
  expect(await t.json('trace', 'b', '--output', 'json')).toMatchObject({
    id: 'b',
    steps: [{ run: t.run, sink, state: 'taken', source: 'dump.ndjson', detail: 'part 0, offset 65' }],
  });
  expect(await t.call('trace', 'c')).toMatchObject({ status: 1, stdout: expect.stringContaining('Nothing is known') });
});

test('trace finds an event in the quarantine of a run', async () => {
  await using t = await folderWith({
    'dump.ndjson': `${event('a')}\n`,
    'schema.json': '{"type":"object","required":["missing"]}',
  });
  const call = (...args: readonly string[]) => respool(args, { cwd: t.path });
  await call('replay', 'dump.ndjson', '--schema', 'schema.json', '--to', 'file:out.ndjson', '-q');
  const { status, stdout } = await call('trace', 'a', '--output', 'json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout).steps).toMatchObject([{ state: 'quarantined: invalid', source: 'dump.ndjson:1' }]);
});

test('the ledger is counted, exported and pruned, and what is pruned is sent again', async () => {
  await using t = await folderWithRun();
  const sink = `file:${join(t.path, 'out.ndjson')}`;
  expect(await t.json('ledger', 'stats', '--output', 'json')).toMatchObject([{ sink, taken: 2, unknown: 0 }]);
  const lines = (await t.call('ledger', 'export')).stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { sink, id: 'a', state: 'taken', run: t.run, offset: 0 },
    { sink, id: 'b', state: 'taken', run: t.run, offset: 65 },
  ]);

  // Sent twice, an event is forgotten once.
  expect(await t.call('replay', 'dump.ndjson', '--to', 'file:out.ndjson', '--resend')).toMatchObject({ status: 1 });
  expect(await t.call('ledger', 'prune', '--older-than', '0m')).toMatchObject({ status: 3 });
  expect(await t.json('ledger', 'prune', '--older-than', '1d', '--yes', '--output', 'json')).toEqual({ pruned: 0 });
  expect(await t.json('ledger', 'prune', '--older-than', '0m', '--yes', '--output', 'json')).toEqual({ pruned: 2 });
  const { stdout } = await t.call('replay', 'dump.ndjson', '--to', 'file:out.ndjson', '--output', 'json');
  expect(JSON.parse(stdout).sinks).toMatchObject([{ accepted: 2, duplicate: 0 }]);
}, 60_000);

test('runs are listed, shown, and pruned unless something undelivered would go with them', async () => {
  await using t = await folderWithRun();
  expect(await t.json('runs', '--output', 'json')).toMatchObject([
    { run: t.run, state: 'finished', read: 3, quarantined: 1, sinks: [{ accepted: 2 }] },
  ]);
  expect(await t.json('runs', 'show', t.run, '--output', 'json')).toMatchObject({ run: t.run, read: 3 });
  expect(await t.call('runs', 'show', `${t.run}x`)).toMatchObject({
    status: 3,
    stderr: expect.stringContaining(`did you mean ${t.run}?`),
  });

  expect((await t.call('runs')).stdout).toMatch(
    / read │ quarantined │ accepted .*\n.*\n│ \S+ +│ finished .*│ +3 │ +1 │ 2 file/u,
  );

  expect(await t.json('runs', 'prune', '--output', 'json')).toEqual({ removed: [], kept: [t.run] });
  expect(await t.call('runs', 'prune', '--all')).toMatchObject({ status: 3 });
  expect(await t.json('runs', 'prune', '--all', '--older-than', '1d', '--yes', '--output', 'json')).toMatchObject({
    removed: [],
  });
  expect(await t.json('runs', 'prune', '--all', '--yes', '--output', 'json')).toEqual({ removed: [t.run], kept: [] });
  expect(await t.json('runs', '--output', 'json')).toEqual([]);
}, 60_000);
