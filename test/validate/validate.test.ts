import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith } from '../support/cli.js';
import { berth, berthSchema, check } from './checking.js';

const schema = { 'schema.json': berthSchema };
const against = ['--schema', 'schema.json'];

test('a clean dump is clean', async () => {
  await using folder = await folderWith({ ...schema, 'dump.ndjson': `${berth(1)}\n${berth(2)}\n` });

  expect(await check(['dump.ndjson', ...against], folder.path)).toMatchObject({
    status: 0,
    report: { complete: true, files: 1, events: 2, valid: 2, invalid: 0, undecodable: 0, problems: [], findings: [] },
  });
});

test('every problem of an event is told with its place, and no event hides another', async () => {
  const lines = [berth(1), berth(2, { tons: -1, time: 'noon' }), 'fog', berth(4, { crew: ['Ada', 7, 8] }), '[]'];
  await using folder = await folderWith({ ...schema, 'dump.ndjson': lines.join('\n') });
  const { status, report } = await check(['dump.ndjson', ...against], folder.path);

  expect(status).toBe(1);
  expect(report).toMatchObject({ events: 5, valid: 1, invalid: 3, undecodable: 1, problemCount: 6 });
  expect(report.problems).toMatchObject([
    { source: 'dump.ndjson', line: 2, event: 'b2', name: 'berthed', pointer: '/time', rule: 'format' },
    { line: 2, event: 'b2', pointer: '/tons', rule: 'minimum' },
    { line: 3, pointer: '', rule: 'invalid_json' },
    { line: 4, event: 'b4', pointer: '/crew/1', rule: 'type' },
    { line: 4, event: 'b4', pointer: '/crew/2', rule: 'type' },
    { line: 5, pointer: '', rule: 'type' },
  ]);
  expect(report.groups[0]).toMatchObject({ rule: 'type', pointer: '/crew/*', count: 2, example: 'dump.ndjson:4' });
});

test('--max-problems bounds what is told, never what is counted', async () => {
  const lines = Array.from({ length: 50 }, (_, id) => berth(id, { tons: -1 }));
  await using folder = await folderWith({ ...schema, 'dump.ndjson': lines.join('\n') });
  const { report } = await check(['dump.ndjson', ...against, '--max-problems', '3'], folder.path);

  expect(report.problems).toHaveLength(3);
  expect(report).toMatchObject({ invalid: 50, problemCount: 50, groups: [{ count: 50 }] });
});

test('what is found does not depend on the number of threads', async () => {
  const lines = Array.from({ length: 60_000 }, (_, id) =>
    berth(id, id % 997 === 0 ? { tons: 'x' } : { pad: 'p'.repeat(90) }),
  );
  await using folder = await folderWith({
    ...schema,
    'dump.ndjson': `${lines.join('\n')}\n{`,
    'b.ndjson': berth(1, { tons: -1 }),
  });
  const args = ['dump.ndjson', 'b.ndjson', ...against];
  const [one, three] = [
    await check([...args, '--jobs', '1'], folder.path),
    await check([...args, '--jobs', '3'], folder.path),
  ];

  expect(one.report).toMatchObject({ events: 60_002, invalid: 62, undecodable: 1 });
  expect(one.report.problems.map(({ line }) => line)).toEqual([
    ...Array.from({ length: 61 }, (_, at) => 997 * at + 1),
    60_001,
    1,
  ]);
  expect({ ...three.report, elapsedMs: 0 }).toEqual({ ...one.report, elapsedMs: 0 });
});

test('events need no id, name or time, and are checked as they are', async () => {
  await using folder = await folderWith({ 'any.json': 'true', 'dump.ndjson': '{}\n7\n"x"\n[1]\nnull\n' });

  expect(await check(['dump.ndjson', '--schema', 'any.json'], folder.path)).toMatchObject({
    status: 0,
    report: { events: 5, valid: 5 },
  });
});

test('with --format json a file is one text, and a file without one is refused', async () => {
  const arrays = JSON.stringify({ type: 'array' });
  await using folder = await folderWith({ 'a.json': arrays, 'list.json': '[1, 2]', 'empty.json': ' ' });
  const { status, report } = await check(
    ['list.json', 'empty.json', '--schema', 'a.json', '--format', 'json'],
    folder.path,
  );

  expect(status).toBe(1);
  expect(report).toMatchObject({ events: 2, valid: 1, undecodable: 1 });
  expect(report.problems).toMatchObject([{ source: 'empty.json', rule: 'no_json_text' }]);
});

test('an example of an invalid event that the schema accepts is a finding, and one that it refuses is not', async () => {
  await using folder = await folderWith({ ...schema });
  await mkdir(join(folder.path, 'fixtures/invalid'), { recursive: true });
  const files = {
    'ok.json': berth(1),
    'invalid/no-time.json': '{"id":"x"}',
    'invalid/fine.json': berth(2),
    'a.fail.json': '{',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, 'fixtures', name), text);
  const { status, report } = await check(['--fixtures', 'fixtures', ...against], folder.path);

  expect(status).toBe(1);
  expect(report).toMatchObject({ files: 4, events: 4, valid: 2, problemCount: 1 });
  expect(report.problems).toMatchObject([{ source: 'fixtures/invalid/fine.json', rule: 'invalid_fixture_passes' }]);
});

test('--mutate tells what the schema lets through, and nothing that it refuses', async () => {
  await using folder = await folderWith({ ...schema, 'dump.ndjson': `${berth(1, { tons: 3, crew: ['Ada'] })}\n{}` });
  const { report } = await check(['dump.ndjson', ...against, '--mutate'], folder.path);

  expect(report).toMatchObject({
    mutants: [
      { name: 'berthed', pointer: '/tons', mutation: 'drop', count: 1 },
      { name: 'berthed', pointer: '/crew', mutation: 'drop', count: 1 },
    ],
  });
});

test.each([
  [['--max-invalid', '2'], 0],
  [['--max-invalid', '1'], 1],
  [['--max-invalid', '50%'], 0],
  [['--max-invalid', 'berthed=2'], 0],
  [['--max-invalid', '9', '--max-invalid', 'berthed=1'], 1],
  [['--max-invalid', '2', '--min-events', '5'], 1],
])('%j decides with exit %i over two invalid events of four', async (flags, status) => {
  const lines = [berth(1), berth(2), berth(3, { tons: -1 }), berth(4, { tons: -1 })];
  await using folder = await folderWith({ ...schema, 'dump.ndjson': lines.join('\n') });

  expect((await check(['dump.ndjson', ...against, ...flags], folder.path)).status).toBe(status);
});

test('a baseline tolerates what is known, fails on what is new, and shrinks by what is gone', async () => {
  const dump = (...tons: unknown[]) => tons.map((value, id) => berth(id, { tons: value })).join('\n');
  await using folder = await folderWith({ ...schema, 'dump.ndjson': dump(-1, -1, 3) });
  const args = ['dump.ndjson', ...against, '--baseline', 'known.json'];
  const missing = await check(args, folder.path);
  const written = await check([...args, '--update-baseline'], folder.path);
  const known = await check(args, folder.path);
  await writeFile(join(folder.path, 'dump.ndjson'), dump(-1, 2, 3));
  const shrunk = await check(args, folder.path);
  await writeFile(join(folder.path, 'dump.ndjson'), dump(-1, -1, 3));
  const back = await check(args, folder.path);

  expect(missing).toMatchObject({ status: 3, stderr: expect.stringContaining('--update-baseline') });
  expect([written.status, known.status, shrunk.status, back.status]).toEqual([0, 0, 0, 1]);
  expect(back.report.findings).toMatchObject([{ code: 'new_problem', source: 'dump.ndjson', pointer: '/tons' }]);
});

test('an unreadable file among many is exit 2, and the others are checked', async () => {
  await using folder = await folderWith({
    ...schema,
    'a.ndjson': berth(1),
    'b.gz': '\u001f\u008b',
    'c.ndjson': berth(2),
  });
  const { status, report } = await check(['a.ndjson', 'b.gz', 'c.ndjson', ...against], folder.path);

  expect(status).toBe(2);
  expect(report).toMatchObject({ complete: false, valid: 2, failures: [{ part: 'b.gz' }] });
});

test.each([
  [['*.csv'], 'no_files'],
  [['empty.ndjson'], 'too_few_events'],
])('a gate with nothing in it is not green: %j', async (words, code) => {
  await using folder = await folderWith({ ...schema, 'empty.ndjson': '' });
  const { status, report } = await check([...words, ...against], folder.path);

  expect(status).toBe(1);
  expect(report.findings).toMatchObject([{ code }]);
});

test('without a schema there is nothing to check against', async () => {
  await using folder = await folderWith({ 'dump.ndjson': berth(1) });

  expect(await check(['dump.ndjson'], folder.path)).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('--schema'),
  });
});

test('a problem stands on the line of its value, also in an event that spreads over several', async () => {
  const text = '{\n  "event_id": 1\n}\n{\n  "event_id": "a",\n  "inner": {\r\n    "count": "many"\n  }\n}\n';
  const schema = {
    properties: {
      event_id: { type: 'string' },
      inner: { required: ['port'], properties: { count: { type: 'integer' } } },
    },
    required: ['event_id', 'name'],
  };
  await using folder = await folderWith({ 'events.json': text, 'schema.json': JSON.stringify(schema) });
  const { report } = await check(['events.json', '--schema', 'schema.json'], folder.path);

  expect(report.problems.map(({ line, pointer, rule }) => [line, pointer, rule])).toEqual([
    [1, '/name', 'required'],
    [2, '/event_id', 'type'],
    [4, '/name', 'required'],
    [6, '/inner/port', 'required'],
    [7, '/inner/count', 'type'],
  ]);
});
