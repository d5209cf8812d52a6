import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openDump } from '../../../src/sources/dump/dump.js';
import { openSource } from '../../../src/sources/open.js';
import { makeFolder } from '../folder.js';
import { readSource, textsOf } from '../reading.js';

test('a folder gives its files by code points, those of its folders too, without hidden ones', async () => {
  await using folder = await makeFolder();
  for (const name of ['b.json', 'B.json', 'a/2.json', 'a/10.json', 'é.json', '😀.json', '.hidden', '.git/x.json']) {
    await folder.write(name, '{}');
  }
  await symlink(folder.path, join(folder.path, 'loop'));
  await using source = await openDump([folder.path], {});

  expect(source.parts.map(({ label }) => label.slice(folder.path.length + 1))).toEqual([
    'B.json',
    'a/10.json',
    'a/2.json',
    'b.json',
    'é.json',
    '😀.json',
  ]);
});

test('a glob gives what matches; a file that is named twice is read once', async () => {
  await using folder = await makeFolder();
  for (const name of ['2.json', '1.json', '1.csv', 'x/3.json']) await folder.write(name, '{}');
  await using source = await openDump([`${folder.path}/**/*.json`, `${folder.path}/1.json`], {});

  expect(source.parts.map(({ label, bytes }) => [label.slice(folder.path.length + 1), bytes])).toEqual([
    ['1.json', 2],
    ['2.json', 2],
    ['x/3.json', 2],
  ]);
});

test('a file whose name looks like a pattern is taken at its word', async () => {
  await using folder = await makeFolder();
  const path = await folder.write('log[1]*.json', '{"id":1}\n');
  await using source = await openDump([path], {});

  expect(textsOf(await readSource(source))).toEqual(['{"id":1}']);
});

test('what stands for nothing is an error with the next step', async () => {
  await using folder = await makeFolder();
  await folder.write('events.ndjson', '{}');
  await mkdir(join(folder.path, 'empty'));

  await expect(openDump([join(folder.path, 'event.ndjson')], {})).rejects.toMatchObject({
    code: 'source_not_found',
    exitCode: 3,
    hint: `did you mean ${join(folder.path, 'events.ndjson')}?`,
  });
  await expect(openDump([join(folder.path, '*.csv')], {})).rejects.toMatchObject({ code: 'no_files' });
  await expect(openDump([join(folder.path, 'empty')], {})).rejects.toMatchObject({ code: 'no_files' });
});

test('- reads standard input, compressed or not, and - is all that is said of it', async () => {
  for (const bytes of [Buffer.from('{"id":1}\n{"id":2}'), gzipSync('{"id":1}\n{"id":2}')]) {
    await using source = await openDump(['-'], { stdin: Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]) });
    expect(source.parts).toMatchObject([{ label: '-', bytes: undefined }]);
    expect(await source.parts[0]?.fingerprint()).toBeUndefined();
    expect(textsOf(await readSource(source))).toEqual(['{"id":1}', '{"id":2}']);
  }
});

test('a pipe is read like standard input', async () => {
  await using folder = await makeFolder();
  const path = join(folder.path, 'pipe');
  execFileSync('mkfifo', [path]);
  await using source = await openDump([path], {});
  const [reading] = await Promise.all([readSource(source), writeFile(path, gzipSync('{"id":1}\n{"id":2}'))]);

  expect(textsOf(reading)).toEqual(['{"id":1}', '{"id":2}']);
});

test.skipIf(process.getuid?.() === 0)('a folder that may not be listed is a failure of its own', async () => {
  await using folder = await makeFolder();
  await folder.write('1/a', '{"id":1}');
  await folder.write('2/a', '{"id":2}');
  await chmod(join(folder.path, '1'), 0);
  await using source = await openDump([folder.path], {});
  const reading = await readSource(source);
  await chmod(join(folder.path, '1'), 0o700);

  expect(textsOf(reading)).toEqual(['{"id":2}']);
  expect(reading.failures).toMatchObject([{ part: 0, error: { code: 'source_permission_denied' } }]);
});

test('waiting for standard input ends with the signal', async () => {
  const stop = new AbortController();
  await using source = await openDump(['-'], { stdin: new Readable({ read() {} }) });
  const reading = source.batches([], stop.signal)[Symbol.asyncIterator]().next();
  stop.abort(new Error('stopped'));

  await expect(reading).rejects.toThrow('stopped');
});

test('a fingerprint changes with the content, and only with it', async () => {
  await using folder = await makeFolder();
  const fingerprint = async (text: string) => {
    await using source = await openDump([await folder.write('dump', text)], {});
    return await source.parts[0]?.fingerprint();
  };

  expect(await fingerprint('{"id":1}')).toBe(await fingerprint('{"id":1}'));
  expect(await fingerprint('{"id":1}')).not.toBe(await fingerprint('{"id":2}'));
});

test('an unknown scheme, no source and a bad delimiter are errors of usage', async () => {
  await expect(openSource(['s4://bucket/x'], {})).rejects.toMatchObject({
    code: 'unknown_source',
    exitCode: 3,
    hint: 'did you mean s3://bucket/x?',
  });
  await expect(openSource(['gopher://host/topic'], {})).rejects.toMatchObject({ code: 'unknown_source' });
  await expect(openSource([], {})).rejects.toMatchObject({ code: 'no_source' });
  await expect(openSource(['-'], { delimiter: '::' })).rejects.toMatchObject({ code: 'bad_delimiter' });
});
