import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, respool } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { eventOf, events, replay, rowsIn, SECRET } from './replaying.js';

const SCHEMA = JSON.stringify({ type: 'object', properties: { level_cm: { type: 'integer' } } });

test('--limit stops cleanly behind so many events, and is no finding', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(1_000) });
  await using database = await createDatabase();
  const run = await replay(['dump.ndjson', '--limit', '123', '--to', database.url], { cwd: folder.path });

  expect(run).toMatchObject({ status: 0, report: { complete: true, read: 123, next: [] } });
  expect(await rowsIn(database)).toBe(123);
});

test.each([
  ['1001', 1],
  ['1000', 0],
])('--min-events %s over 1,000 events ends with %i', async (least, status) => {
  await using folder = await folderWith({ 'dump.ndjson': events(1_000) });
  await using database = await createDatabase();
  const run = await replay(['dump.ndjson', '--min-events', least, '--to', database.url], { cwd: folder.path });

  expect(run.status).toBe(status);
  expect(run.report.warnings?.join() ?? '').toMatch(status === 1 ? /1,000 events read, --min-events 1001/u : /^$/u);
});

test.each([
  ['10', /events refused; --max-rejected is 10$/u],
  ['2%', /% of [\d,]+ events refused; --max-rejected is 2%$/u],
])('--max-rejected %s stops a run that goes wrong; raised, it goes on', async (most, message) => {
  const wrong = events(400, 5_000)
    .replaceAll('"level_cm":', '"level_cm":"high ')
    .replaceAll(/(high \d+)/gu, '$1"');
  await using folder = await folderWith({
    'dump.ndjson': events(2_000) + wrong + events(4_000, 10_000),
    'schema.json': SCHEMA,
  });
  await using database = await createDatabase();
  const args = ['dump.ndjson', '--to', database.url, '--schema', 'schema.json', '--batch', '100'];
  const first = await replay([...args, '--max-rejected', most], { cwd: folder.path });

  expect(first.status).toBe(1);
  expect(first.report).toMatchObject({ complete: false, balanced: true, stoppedBy: { code: 'max_rejected' } });
  expect(first.report.stoppedBy?.message).toMatch(message);
  expect(first.report.read).toBeLessThan(6_400);
  expect(first.report.next?.[0]?.why).toContain('--max-rejected');

  const again = await replay([...args, '--max-rejected', most], { cwd: folder.path });
  expect(again.report).toMatchObject({ run: first.report.run, read: first.report.read, complete: false });
  const second = await replay([...args, '--max-rejected', '50%'], { cwd: folder.path });
  expect(second).toMatchObject({ status: 1, report: { complete: true, read: 6_400, invalid: 400 } });
  expect(await rowsIn(database)).toBe(6_000);
});

test.each(['{"kept":"by others"}\n', '{"kept":"without a line end"}'])(
  '--quarantine appends to what is in the file already (case %#)',
  async (before) => {
    await using folder = await folderWith({ 'dump.ndjson': `{"event_id":\n${events(3)}`, 'q.ndjson': before });
    await using database = await createDatabase();
    const args = ['dump.ndjson', '--to', database.url, '--quarantine', 'q.ndjson'];
    const { status, report } = await replay(args, { cwd: folder.path });
    const lines = (await readFile(join(folder.path, 'q.ndjson'), 'utf8')).trimEnd().split('\n');

    expect(status).toBe(1);
    expect(report.quarantine).toEqual({ path: join(folder.path, 'q.ndjson'), events: 1 });
    expect(lines[0]).toBe(before.trimEnd());
    expect(lines.slice(1).map((line) => JSON.parse(line))).toMatchObject([
      { respool: 'quarantine/1', run: report.run },
    ]);
  },
);

test.each([
  ['nowhere/q.ndjson', 'its folder is missing'],
  ['.', 'it is no file'],
  ['dump.ndjson', 'it is also read as a source'],
])('--quarantine %s is refused before anything is delivered', async (path, message) => {
  await using folder = await folderWith({ 'dump.ndjson': events(3) });
  const run = await replay(['dump.ndjson', '--quarantine', path], { cwd: folder.path });

  expect(run.status).toBe(3);
  expect(run.stderr).toContain(`--quarantine ${path}: ${message}`);
  expect(readdirSync(folder.path)).toEqual(['dump.ndjson']);
});

test('several outputs at once: JSON into a file, the table on standard output', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(3) });
  await using database = await createDatabase();
  const args = ['replay', 'dump.ndjson', '--to', database.url, '--output', 'json:report.json', '--output', 'table'];
  const { status, stdout } = await respool(args, { cwd: folder.path });

  expect(status).toBe(0);
  expect(stdout).toContain('3 events read');
  expect(JSON.parse(await readFile(join(folder.path, 'report.json'), 'utf8'))).toMatchObject({ read: 3, exitCode: 0 });
});

test('standard input is read to its end', async () => {
  await using folder = await folderWith();
  await using database = await createDatabase();
  const run = await replay(['-', '--to', database.url], { cwd: folder.path, stdin: events(2_500) });

  expect(run).toMatchObject({ status: 0, report: { read: 2_500, sinks: [{ accepted: 2_500 }] } });
});

test('--identical keep delivers each of identical events once, however often it is run', async () => {
  const { event_id, ...rest } = eventOf(1);
  await using folder = await folderWith({ 'dump.ndjson': `${JSON.stringify(rest)}\n`.repeat(5) });
  await using database = await createDatabase();
  const args = ['dump.ndjson', '--identical', 'keep', '--to', database.url];

  expect((await replay(args, { cwd: folder.path })).report.sinks).toMatchObject([{ accepted: 5, duplicate: 0 }]);
  expect((await replay(args, { cwd: folder.path })).report.sinks).toMatchObject([{ accepted: 0, duplicate: 5 }]);
  expect(await rowsIn(database)).toBe(5);
});

test("--split '' takes a line that is an array apart", async () => {
  const line = `${JSON.stringify([eventOf(1), eventOf(2)])}\n${JSON.stringify([eventOf(3)])}\n`;
  await using folder = await folderWith({ 'dump.ndjson': line });
  await using database = await createDatabase();
  const args = ['dump.ndjson', '--format', 'ndjson', '--split', '', '--to', database.url];

  expect(await replay(args, { cwd: folder.path })).toMatchObject({ status: 0, report: { read: 3 } });
});

test('--dry-run makes no folder, no lock, no table, and names each field once', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(3) });
  await using database = await createDatabase();
  const { status, stdout } = await respool(['replay', 'dump.ndjson', '--dry-run', '--to', database.url], {
    cwd: folder.path,
  });

  expect(status).toBe(0);
  expect(stdout.match(/\/event_id/gu)).toHaveLength(1);
  expect(stdout).toContain('2020-01-01');
  expect(readdirSync(folder.path)).toEqual(['dump.ndjson']);
  expect(await database.query("select relname from pg_class where relnamespace = 'public'::regnamespace")).toEqual([]);
});

test('--dry-run with the embedded database makes none, and changes nothing in one that is there', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(3) });
  const dryRun = () => respool(['replay', 'dump.ndjson', '--dry-run'], { cwd: folder.path });

  expect(await dryRun()).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('table public.events is missing'),
  });
  expect(readdirSync(folder.path)).toEqual(['dump.ndjson']);

  await replay(['dump.ndjson'], { cwd: folder.path });
  const state = join(folder.path, '.respool');
  const before = listing(state);
  expect(await dryRun()).toMatchObject({ status: 0, stdout: expect.stringContaining('table public.events, key') });
  expect(readdirSync(folder.path).toSorted()).toEqual(['.respool', 'dump.ndjson']);
  expect(listing(state)).toEqual(before);
}, 90_000); // three starts of the embedded server

test('--dry-run of a run that is under way changes nothing in the state folder or the table', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(3) });
  await using database = await createDatabase();
  await replay(['dump.ndjson', '--to', database.url], { cwd: folder.path });
  await writeFile(join(folder.path, 'dump.ndjson'), events(10));
  const before = listing(folder.path);
  await respool(['replay', 'dump.ndjson', '--dry-run', '--to', database.url], { cwd: folder.path });

  expect(listing(folder.path)).toEqual(before);
  expect(await rowsIn(database)).toBe(3);
});

test('the next command repeats what the replay of a quarantine needs, and no secret', async () => {
  await using folder = await folderWith({
    'dump.csv': 'key;when;level_cm\na;2020-01-01;x\nb;2020-01-01;5\n',
    'schema.json': SCHEMA,
  });
  await using database = await createDatabase();
  const to = new URL(database.url);
  to.password = SECRET;
  const args = [
    ...['dump.csv', '--to', to.href, '--schema', 'schema.json', '--unknown-event=reject', '--delimiter', ';'],
    ...['--id', 'key', '--time=/when', '--state-dir', 'my state', '--fresh'],
  ];
  const { status, report } = await replay(args, { cwd: folder.path });
  const shown = `postgres://postgres:<secret>@${to.host}${to.pathname}`;

  expect(status).toBe(1);
  expect(report.next).toHaveLength(1);
  expect(report.next?.[0]?.command).toBe(
    `respool replay 'my state/runs/${report.run}/quarantine.ndjson' --to '${shown}' --schema schema.json ` +
      "--unknown-event=reject --id key --time=/when --state-dir 'my state'",
  );
  expect(report.next?.[0]?.why).toContain('<secret>');
  expect(existsSync(join(folder.path, 'my state'))).toBe(true);
});

/** Every path below a folder, with what would tell a change. */
function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => {
    const { size, mtimeMs, ino } = statSync(join(folder, path));
    return `${path} ${size} ${mtimeMs} ${ino}`;
  });
}
