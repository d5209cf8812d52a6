import { appendFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openFile } from '../../../src/sinks/file/file.js';
import { deliver, deliveryOf } from '../../support/batches.js';
import { folderWith, respool } from '../../support/cli.js';
import { sinkContract } from '../contract.js';

const event = (n: number) => ({ event_id: `e-${n}`, name: 'x', occurred_at: '2019-07-01T00:00:00Z', n });
const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => event(from + i));
const linesIn = (text: string) => text.split('\n').slice(0, -1);

sinkContract('file', async () => {
  const folder = await folderWith();
  const path = join(folder.path, 'out.ndjson');
  const sink = await openFile(`file:${path}`);
  return {
    sink,
    good: (from, count) => deliveryOf(sink, range(from, count)),
    held: async () => linesIn(await readFile(path, 'utf8').catch(() => '')).length,
    async [Symbol.asyncDispose]() {
      await sink[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
});

test('events pass byte for byte, one a line', async () => {
  await using folder = await folderWith();
  const path = join(folder.path, 'out.ndjson');
  await using sink = await openFile(`file:${path}`);
  await deliver(sink, ['{"event_id":"a",  "n":12345678901234567890}', '{"event_id":"b",\n"s":"é\\n"}']);
  expect(await readFile(path, 'utf8')).toBe(
    '{"event_id":"a",  "n":12345678901234567890}\n{"event_id":"b", "s":"é\\n"}\n',
  );
});

test('rotated and gzipped files hold every event once, and a new file is begun at the size asked for', async () => {
  await using folder = await folderWith();
  await using sink = await openFile(`file:${join(folder.path, 'out.ndjson.gz')}?rotate=2KB`);
  for (let n = 0; n < 20; n++) await deliver(sink, range(n * 100, 100));
  const names = (await readdir(folder.path)).sort();
  expect(names.length).toBeGreaterThan(3);
  expect(names[0]).toBe('out-000001.ndjson.gz');
  const texts = await Promise.all(names.map(async (name) => gunzipSync(await readFile(join(folder.path, name)))));
  expect(linesIn(Buffer.concat(texts).toString())).toEqual(range(0, 2_000).map((each) => JSON.stringify(each)));
});

test('what stands behind the mark of an interrupted delivery is cut off, in rotated files too', async () => {
  await using folder = await folderWith();
  const address = `file:${join(folder.path, 'out.ndjson')}?rotate=1KB`;
  let mark: string;
  {
    await using sink = await openFile(address);
    await deliver(sink, range(0, 30));
    mark = sink.mark?.now() ?? '';
    for (let n = 1; n < 4; n++) await deliver(sink, range(n * 30, 30));
  }
  await using sink = await openFile(address);
  expect(await sink.mark?.restore({ text: mark, wasInterrupted: true })).toBe(true);
  await deliver(sink, range(30, 5));
  const names = (await readdir(folder.path)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder.path, name), 'utf8')));
  expect(linesIn(texts.join(''))).toEqual(range(0, 35).map((each) => JSON.stringify(each)));
});

test('a snapshot is written once, however often it is asked for, and again once it was removed', async () => {
  await using folder = await folderWith({
    'dump.ndjson': `${range(0, 50)
      .map((each) => JSON.stringify(each))
      .join('\n')}\n`,
  });
  const out = join(folder.path, 'out.ndjson');
  const call = () =>
    respool(['replay', 'dump.ndjson', '--to', 'file:out.ndjson', '--output', 'json'], { cwd: folder.path });
  const sinkOf = ({ stdout }: { readonly stdout: string }) => JSON.parse(stdout).sinks[0];

  expect(sinkOf(await call())).toMatchObject({ accepted: 50, duplicate: 0 });
  expect(sinkOf(await call())).toMatchObject({ accepted: 0, duplicate: 50 });
  expect(linesIn(await readFile(out, 'utf8'))).toHaveLength(50);

  await appendFile(out, '{"mine":true}\n');
  expect((await call()).stdout).toContain('something else has written');
  expect(linesIn(await readFile(out, 'utf8'))).toHaveLength(51);

  await truncate(out, 10);
  expect(await call()).toMatchObject({ status: 3, stderr: expect.stringContaining('is shorter') });

  await rm(out);
  expect(sinkOf(await call())).toMatchObject({ accepted: 50, duplicate: 0 });
  expect(linesIn(await readFile(out, 'utf8'))).toHaveLength(50);
}, 60_000);

test('a file that somebody else has written is not touched', async () => {
  await using folder = await folderWith({ 'dump.ndjson': `${JSON.stringify(event(1))}\n`, 'out.ndjson': 'theirs\n' });
  const result = await respool(['replay', 'dump.ndjson', '--to', 'file:out.ndjson'], { cwd: folder.path });
  expect(result).toMatchObject({ status: 3, stderr: expect.stringContaining('is there already') });
  expect(await readFile(join(folder.path, 'out.ndjson'), 'utf8')).toBe('theirs\n');
});

test('a folder that is missing, and an option that does not exist, are named before anything is read', async () => {
  await using folder = await folderWith();
  await expect(openFile(`file:${join(folder.path, 'no/out.ndjson')}`)).rejects.toMatchObject({ code: 'file_unusable' });
  await expect(openFile(`file:${join(folder.path, 'out')}?gzp=true`)).rejects.toMatchObject({
    code: 'bad_sink_option',
    hint: 'did you mean gzip?',
  });
  await writeFile(join(folder.path, 'x'), '');
  await expect(openFile('file:')).rejects.toMatchObject({ code: 'bad_sink_address' });
});
