import { chmod } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openDump } from '../../../src/sources/dump/dump.js';
import type { DumpOptions } from '../../../src/sources/dump/options.js';
import { makeFolder } from '../folder.js';
import { readSource, textsOf } from '../reading.js';
import { zstdFrame } from './zstd-frame.js';

const lines = Array.from({ length: 5_000 }, (_, id) => JSON.stringify({ id, salt: Math.sin(id) }));
const text = `${lines.join('\n')}\n`;
const good = '{"id":"good"}\n';

/** Reads a defective file, and a good one behind it. */
async function readDefective(bytes: string | Uint8Array, options: DumpOptions = {}) {
  await using folder = await makeFolder();
  const bad = await folder.write('1-bad', bytes);
  const next = await folder.write('2-good', good);
  await using source = await openDump([bad, next], options);
  return await readSource(source);
}

test.each([1, 700, 20_000])(
  'gzip that is cut off %i bytes before its end gives every whole line before it',
  async (cut) => {
    const stored = gzipSync(text);
    const { records, failures } = await readDefective(stored.subarray(0, stored.length - cut));
    const own = records.filter(({ part }) => part === 0).map((record) => record.text);

    expect(own).toEqual(lines.slice(0, own.length));
    expect(own.length).toBeGreaterThan(lines.length - 1 - cut / 4);
    expect(records.at(-1)).toMatchObject({ part: 1, text: good.trim() });
    expect(failures).toMatchObject([{ part: 0, error: { code: 'source_truncated', exitCode: 2 } }]);
    expect(failures[0]?.error.message).toContain(`byte ${(stored.length - cut).toLocaleString('en-US')}`);
  },
);

test('gzip with a corrupt byte gives every whole line before it, though they share a chunk', async () => {
  const stored = gzipSync(text);
  const last = Buffer.from(stored);
  last[last.length - 6] = (last[last.length - 6] ?? 0) ^ 0xff;
  const { records, failures } = await readDefective(last);

  expect(textsOf({ records: records.filter(({ part }) => part === 0) } as never)).toEqual(lines);
  expect(failures).toMatchObject([{ part: 0, error: { code: 'source_corrupt' } }]);
});

test('garbage behind a gzip member is a failure, padding with zeros is not', async () => {
  const garbage = await readDefective(Buffer.concat([gzipSync(text), Buffer.from('garbage')]));
  const padded = await readDefective(Buffer.concat([gzipSync(text), Buffer.alloc(512)]));

  expect(garbage.failures).toMatchObject([{ error: { code: 'source_corrupt' } }]);
  expect(garbage.records).toHaveLength(lines.length + 1);
  expect(padded.failures).toEqual([]);
});

test('zstd that is cut off or corrupt gives every whole line before the defect', async () => {
  const stored = zstdFrame(Buffer.from(text));
  const corrupt = Buffer.from(stored);
  // The header of the second block, which says how it is compressed: 3 is reserved.
  corrupt[13 + 3 + 128 * 1024] = 0b110;
  const cut = await readDefective(stored.subarray(0, stored.length - 10));
  const broken = await readDefective(corrupt);

  expect(cut.failures).toMatchObject([{ part: 0, error: { code: 'source_truncated' } }]);
  expect(textsOf(cut)).toEqual([...lines.slice(0, cut.records.length - 1), good.trim()]);
  expect(broken.failures).toMatchObject([{ part: 0, error: { code: 'source_corrupt' } }]);
  expect(textsOf(broken)).toEqual([...lines.slice(0, broken.records.length - 1), good.trim()]);
  expect(text.indexOf(lines[broken.records.length - 1] ?? '')).toBeGreaterThan(126 * 1024);
});

test('a pointer of Git LFS is refused, and the next file is read', async () => {
  const { records, failures } = await readDefective('version https://git-lfs.github.com/spec/v1\noid sha256:1\n');

  expect(failures).toMatchObject([
    { error: { code: 'source_is_lfs_pointer', hint: 'fetch the data first: git lfs pull' } },
  ]);
  expect(records).toHaveLength(1);
});

test.each([
  ['an HTML page', '<!DOCTYPE html><html><body>403</body></html>', 'source_is_html'],
  ['an HTML page with a blank line first', '\n<html lang="en">', 'source_is_html'],
  ['a file full of NULs', Buffer.alloc(4096), 'source_is_binary'],
  ['random bytes', Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919 * (i + 3)) % 256)), 'source_is_binary'],
  ['UTF-16 without a byte order mark', Buffer.from('{"id":1}\n', 'utf16le'), 'source_is_binary'],
  ['a CSV that begins in a conflict', '<<<<<<< HEAD\nid,name\n', 'source_in_conflict'],
])('%s is refused in one sentence', async (_, bytes, code) => {
  const { records, problems, failures } = await readDefective(bytes);

  expect(failures).toMatchObject([{ part: 0, error: { code, exitCode: 2 } }]);
  expect([records.length, problems.length]).toEqual([1, 0]);
});

test('an empty file, and one of white space, hold nothing and are no failure', async () => {
  for (const bytes of ['', '\n\n', ' \r\n', gzipSync('')]) {
    const { records, failures, problems } = await readDefective(bytes);
    expect([records.length, failures.length, problems.length]).toEqual([1, 0, 0]);
  }
});

test.skipIf(process.getuid?.() === 0)('a file that may not be read is a failure of its own', async () => {
  await using folder = await makeFolder();
  const path = await folder.write('dump.ndjson', good);
  await chmod(path, 0);
  await using source = await openDump([path], {});

  expect((await readSource(source)).failures).toMatchObject([{ error: { code: 'source_permission_denied' } }]);
});

test.each(['\n', '\r\n', '\r'])(
  'a line that is too long is reported, and its neighbours are read (%j)',
  async (end) => {
    const long = `{"id":"${'x'.repeat(300_000)}"}`;
    const bytes = ['{"id":1}', long, '{"id":2}', long, '{"id":3}'].join(end);
    const { records, problems } = await readDefective(bytes, {
      maxRecordBytes: 100_000,
      batchBytes: 1000,
      format: 'ndjson',
    });

    expect(records.map((record) => [record.text, record.line])).toEqual([
      ['{"id":1}', 1],
      ['{"id":2}', 3],
      ['{"id":3}', 5],
      [good.trim(), 1],
    ]);
    expect(problems).toMatchObject([
      { code: 'line_too_long', line: 2, offset: 8 + end.length },
      { code: 'line_too_long', line: 4 },
    ]);
    expect(problems[0]?.raw?.length).toBe(64 * 1024);
  },
);
