import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openDump } from '../../../src/sources/dump/dump.js';
import { makeFolder } from '../folder.js';
import { readSource } from '../reading.js';
import { zstdFrame } from './zstd-frame.js';

const rows = [
  { id: 'a1', note: 'first' },
  { id: 'b2', note: 'grüße, 你好 🎉' },
  { id: 'c3', note: '' },
  { id: 'd4', note: 'last' },
];

const csv = (delimiter: string, end: string) =>
  [['id', 'note'], ...rows.map(({ id, note }) => [id, note.includes(delimiter) ? `"${note}"` : note])]
    .map((cells) => cells.join(delimiter) + end)
    .join('');

const formats: Record<string, (end: string) => string> = {
  ndjson: (end) => rows.map((row) => JSON.stringify(row) + end).join(''),
  'ndjson without a final line end': (end) => rows.map((row) => JSON.stringify(row)).join(end),
  'ndjson with blank lines': (end) => rows.map((row) => JSON.stringify(row) + end + end).join(` ${end}`),
  'a JSON array': (end) => `[${end}${rows.map((row) => JSON.stringify(row)).join(`,${end}`)}${end}]${end}`,
  'a JSON array on one line': () => JSON.stringify(rows),
  'a pretty-printed JSON array': (end) => JSON.stringify(rows, null, 2).replaceAll('\n', end),
  'pretty-printed JSON texts': (end) => rows.map((row) => JSON.stringify(row, null, 2).replaceAll('\n', end)).join(end),
  'concatenated JSON texts': () => rows.map((row) => JSON.stringify(row)).join(''),
  csv: (end) => csv(',', end),
  'csv with semicolons': (end) => csv(';', end),
  tsv: (end) => csv('\t', end),
};

const compressions: Record<string, (bytes: Buffer) => Uint8Array> = {
  plain: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes),
  'gzip of two members': (bytes) => Buffer.concat([gzipSync(bytes.subarray(0, 9)), gzipSync(bytes.subarray(9))]),
  zstd: zstdFrame,
  'zstd of two frames': (bytes) => Buffer.concat([zstdFrame(bytes.subarray(0, 9)), zstdFrame(bytes.subarray(9))]),
};

const lineEnds = { LF: '\n', CRLF: '\r\n', CR: '\r' };

describe.each(Object.entries(formats))('%s', (_, write) => {
  describe.each(Object.entries(compressions))('as %s', (_compression, compress) => {
    test.each(Object.entries(lineEnds))('with %s is read record by record', async (_end, end) => {
      await using folder = await makeFolder();
      const path = await folder.write('dump', compress(Buffer.from(write(end))));
      for (const batchBytes of [1, 60, 4_000_000]) {
        await using source = await openDump([path], { batchBytes });
        const { records, problems, failures } = await readSource(source);

        expect([problems, failures]).toEqual([[], []]);
        expect(records.map(({ text }) => JSON.parse(text))).toEqual(rows);
      }
    });
  });

  test.each(['utf-8', 'utf-16le', 'utf-16be'])('with the byte order mark of %s is read as UTF-8', async (encoding) => {
    await using folder = await makeFolder();
    const path = await folder.write('dump', encode(`\uFEFF${write('\n')}`, encoding));
    await using source = await openDump([path], {});
    const { records, problems } = await readSource(source);

    expect(problems).toEqual([]);
    expect(records.map(({ text }) => JSON.parse(text))).toEqual(rows);
  });
});

test('Brotli is known by its name, and by the flag', async () => {
  await using folder = await makeFolder();
  const bytes = brotliCompressSync('{"id":1}\n{"id":2}\n');
  const named = await openDump([await folder.write('a.ndjson.br', bytes)], {});
  const flagged = await openDump([await folder.write('a.ndjson', bytes)], { brotli: true });

  for (const source of [named, flagged]) expect((await readSource(source)).records).toHaveLength(2);
});

test.each(['utf-16le', 'utf-16be'])('pairs of %s stay whole wherever the file is cut into chunks', async (encoding) => {
  await using folder = await makeFolder();
  const text = JSON.stringify({ note: '🎉'.repeat(100_000) });
  for (const shift of ['', ' ']) {
    const path = await folder.write('dump', encode(`\uFEFF${shift}${text}\n`, encoding));
    await using source = await openDump([path], {});
    expect((await readSource(source)).records.map((record) => record.text.trim())).toEqual([text]);
  }
});

test('half a surrogate pair in UTF-16 becomes invalid UTF-8, not another character', async () => {
  await using folder = await makeFolder();
  const path = await folder.write('dump', encode('\uFEFF{"id":"\uD800"}\n', 'utf-16le'));
  await using source = await openDump([path], { format: 'ndjson' });
  const chunks: Uint8Array[] = [];
  for await (const item of source.batches([], new AbortController().signal)) {
    if (item.kind === 'batch') chunks.push(item.bytes);
  }

  expect(Buffer.concat(chunks).toString('hex')).toContain('eda080');
});

function encode(text: string, encoding: string): Buffer {
  if (encoding === 'utf-8') return Buffer.from(text);
  const bytes = Buffer.from(text, 'utf16le');
  return encoding === 'utf-16be' ? bytes.swap16() : bytes;
}
