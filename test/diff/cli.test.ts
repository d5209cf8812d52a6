import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { folderWith, respool } from '../support/cli.js';
import { diffCli } from './comparing.js';

// Each calls whole commands, which a loaded machine needs time for.
vi.setConfig({ testTimeout: 90_000 });

const lines = (...events: readonly object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');
const three = [1, 2, 3].map((n) => ({ id: `e${n}`, name: 'measured', occurred_at: `2020-01-0${n}T00:00:00Z`, n }));

test('equal sides exit with 0, different ones with 1', async () => {
  await using folder = await folderWith({
    a: lines(...three),
    b: lines(...three.toReversed()),
    c: lines(...three.slice(1)),
  });
  const equal = await diffCli(['a', 'b'], { cwd: folder.path });
  expect(equal.status).toBe(0);
  expect(equal.report).toMatchObject({
    complete: true,
    balanced: true,
    left: 3,
    right: 3,
    equal: 3,
    changed: 0,
    missing: 0,
    extra: 0,
  });
  const different = await diffCli(['a', 'c'], { cwd: folder.path });
  expect(different.status).toBe(1);
  expect(different.report).toMatchObject({
    missing: 1,
    extra: 0,
    days: [{ label: '2020-01-01', missing: 1 }],
    names: [{ label: 'measured', missing: 1 }],
  });
});

test.each([
  ['a broken line', '{"id":"e1"}\n{"id":', 'invalid_json'],
  ['a line that is no event', '{"id":"e1"}\n[1]\n', 'not_an_object'],
])('%s on either side is exit 2, never equal', async (_title, text, code) => {
  await using folder = await folderWith({ a: text, b: text.replace('e1', 'e1'), good: '{"id":"e1"}\n' });
  for (const sides of [
    ['a', 'b'],
    ['a', 'good'],
    ['good', 'b'],
  ]) {
    const { status, report } = await diffCli(sides, { cwd: folder.path });
    expect(status).toBe(2);
    expect(report.complete).toBe(false);
    const examples = [report.sides.left, report.sides.right].flatMap(
      ({ unreadableExamples = [] }) => unreadableExamples,
    );
    expect(examples[0]).toMatchObject({ line: 2, code });
  }
});

test('a side that ends too early is exit 2 and named', async () => {
  await using folder = await folderWith({ a: lines(...three) });
  const whole = gzipSync(
    lines(...three, ...three.map((event) => ({ ...event, id: `f${event.n}`, note: Math.random() }))),
  );
  await writeFile(join(folder.path, 'b.gz'), whole.subarray(0, -12));
  const { status, report } = await diffCli(['a', 'b.gz'], { cwd: folder.path });
  expect(status).toBe(2);
  expect(report.failures).toMatchObject([{ part: 'b.gz', code: 'source_truncated' }]);
});

test('a key that one side has not got is named, with the fields that are there', async () => {
  await using folder = await folderWith({
    a: lines(...three),
    b: lines(...three.map(({ id, ...rest }) => ({ key: id, ...rest }))),
  });
  const { status, stderr } = await respool(['diff', 'a', 'b'], { cwd: folder.path });
  expect(status).toBe(2);
  expect(stderr).toMatch(/the events of b \(right\) have no \/id, which is the key[\s\S]*they have key, name/u);
  const mapped = await diffCli(['a', 'b', '--map', 'left=/id right=/key'], { cwd: folder.path });
  expect(mapped.status).toBe(0);
  const absent = await respool(['diff', 'a', 'b', '--key', '/nowhere'], { cwd: folder.path });
  expect(absent).toMatchObject({ status: 2, stderr: expect.stringMatching(/events of a \(left\) have no \/nowhere/u) });
});

test('a source is not compared with itself, whatever it is called', async () => {
  await using folder = await folderWith({ a: lines(...three) });
  await symlink('a', join(folder.path, 'link'));
  for (const other of ['a', './a', 'link']) {
    const { status, stderr } = await respool(['diff', 'a', other], { cwd: folder.path });
    expect(status).toBe(3);
    expect(stderr).toMatch(/both sides are the same/u);
  }
});

test('an empty side is a finding, and two empty sides are not equal', async () => {
  await using folder = await folderWith({ a: lines(...three), empty: '', void: '\n' });
  const one = await diffCli(['a', 'empty'], { cwd: folder.path });
  expect(one.status).toBe(1);
  expect(one.report).toMatchObject({ missing: 3, findings: [{ code: 'empty_side', name: 'right' }] });
  const both = await diffCli(['void', 'empty'], { cwd: folder.path });
  expect(both.status).toBe(1);
});

test('thresholds are held overall and by class', async () => {
  const left = [...three, { id: 'x', n: '1' }];
  const right = [...three.slice(1), { id: 'x', n: 1 }];
  await using folder = await folderWith({ a: lines(...left), b: lines(...right) });
  const status = async (...args: string[]) => (await diffCli(['a', 'b', ...args], { cwd: folder.path })).status;
  expect(await status('--max-diff', '2')).toBe(0);
  expect(await status('--max-diff', '1')).toBe(1);
  expect(await status('--max-diff', '50%')).toBe(0);
  expect(await status('--max-diff', 'reformatted=100%')).toBe(1);
  expect(await status('--max-diff', 'reformatted=100%', '--max-diff', 'lost=1')).toBe(0);
  expect(await status('--max-diff', '10', '--max-diff', 'lost=0')).toBe(1);
  expect(await status('--max-diff', 'missing=1')).toBe(3);
});

test('what differs is written byte for byte, in the order of its source, and can be read again', async () => {
  const odd = '{ "id" : "e9",  "n": 1.50, "s": "\\u00e4" }';
  await using folder = await folderWith({
    a: `${lines(...three)}${odd}\n`,
    b: lines(three[1] ?? {}, { id: 'new', n: 12345678901234567890n.toString() }),
  });
  const emits = ['missing:gap.ndjson', 'extra:more.ndjson', 'changed:other.ndjson'].flatMap((emit) => ['--emit', emit]);
  const { report } = await diffCli(['a', 'b', ...emits], { cwd: folder.path });
  expect(await readFile(join(folder.path, 'gap.ndjson'), 'utf8')).toBe(
    `${lines(three[0] ?? {}, three[2] ?? {})}${odd}\n`,
  );
  expect(await readFile(join(folder.path, 'more.ndjson'), 'utf8')).toBe('{"id":"new","n":"12345678901234567890"}\n');
  expect(await readFile(join(folder.path, 'other.ndjson'), 'utf8')).toBe('');
  expect(report.emitted).toEqual([
    { kind: 'missing', path: 'gap.ndjson', events: 3 },
    { kind: 'extra', path: 'more.ndjson', events: 1 },
    { kind: 'changed', path: 'other.ndjson', events: 0 },
  ]);
});

test('texts that cannot be read again where they stand are written byte for byte all the same', async () => {
  await using folder = await folderWith({ b: lines(three[0] ?? {}), pretty: JSON.stringify(three, undefined, 1) });
  await writeFile(join(folder.path, 'a.gz'), gzipSync(lines(...three)));
  await diffCli(['a.gz', 'b', '--emit', 'missing:gap.ndjson'], { cwd: folder.path });
  expect(await readFile(join(folder.path, 'gap.ndjson'), 'utf8')).toBe(lines(...three.slice(1)));
  await diffCli(['pretty', 'b', '--emit', 'missing:gap2.ndjson'], { cwd: folder.path });
  const again = await diffCli(['gap.ndjson', 'gap2.ndjson'], { cwd: folder.path });
  expect(again.report).toMatchObject({ left: 2, equal: 2 });
});

test('noise is learnt from a second run of the old pipeline', async () => {
  const run = (trace: string, n: number) =>
    lines(...three.map((event) => ({ ...event, trace: `${trace}${event.id}`, n: event.n + n })));
  await using folder = await folderWith({ a: run('x', 0), a2: run('y', 0), b: run('z', 0), c: run('z', 1) });
  const same = await diffCli(['a', 'b', '--noise', 'a2'], { cwd: folder.path });
  expect(same.status).toBe(0);
  expect(same.report.noise).toMatchObject([{ pointer: '/trace', changed: 3 }]);
  const other = await diffCli(['a', 'c', '--noise', 'a2'], { cwd: folder.path });
  expect(other.status).toBe(1);
  expect(other.report.fields).toMatchObject([{ pointer: '/n', changed: 3 }]);
});

test('a quarantine stands for the events in it', async () => {
  await using folder = await folderWith({
    a: lines(...three),
    q: lines(...three.map((event) => ({ respool: 'quarantine/1', attempts: 1, problems: [], event }))),
  });
  expect((await diffCli(['a', 'q'], { cwd: folder.path })).status).toBe(0);
});

test('types that differ from file to file, unequal zones and repeated column names are told apart', async () => {
  await using folder = await folderWith({
    'a.csv': 'id,v,v\n1,x,y\n2,p,q\n',
    'b.csv': 'id,v,v\n1,x,y\n2,p,z\n',
    c: '{"id":1,"at":"2020-01-01T00:00:00Z"}\n{"id":"2","at":1577836800}\n',
    d: '{"id":"1","at":"2020-01-01T01:00:00+01:00"}\n{"id":2,"at":"2020-01-01T00:00:00Z"}\n',
  });
  const repeated = await diffCli(['a.csv', 'b.csv'], { cwd: folder.path });
  expect(repeated.status).toBe(1);
  expect(repeated.report).toMatchObject({ equal: 1, changed: 1 });
  const zones = await diffCli(['c', 'd', '--time', '/at'], { cwd: folder.path });
  expect(zones.report.classes).toMatchObject({ reformatted: 2, changed: 0 });
  const within = await diffCli(['c', 'd', '--ignore', '/id', '--time-tolerance', '0s', '--time', '/at'], {
    cwd: folder.path,
  });
  expect(within.status).toBe(0);
});
