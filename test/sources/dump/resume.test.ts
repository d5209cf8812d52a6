import { gzipSync } from 'node:zlib';
import { afterAll } from 'vitest';
import { openDump } from '../../../src/sources/dump/dump.js';
import type { DumpOptions } from '../../../src/sources/dump/options.js';
import { describeSource } from '../contract.js';
import { makeFolder } from '../folder.js';
import { writeParquet } from './parquet-file.js';

const folder = await makeFolder();
afterAll(() => folder[Symbol.asyncDispose]());

const rows = Array.from({ length: 300 }, (_, id) => ({ id, note: 'é'.repeat(id % 17), list: [{ id }] }));
const texts = rows.map((row) => JSON.stringify(row));
const pretty = rows.map((row) => JSON.stringify(row, null, 2));
const ndjson = `${texts.join('\r\n')}\r\n`;
const cells = rows.map(({ id, note }) => `${id},"${note}${id % 3 === 0 ? '""\n,' : ''}"`);
const csvTexts = rows.map(({ id, note }) =>
  JSON.stringify({ id: `${id}`, note: `${note}${id % 3 === 0 ? '"\n,' : ''}` }),
);

interface Case {
  readonly files: Record<string, string | Uint8Array>;
  readonly expected: readonly string[];
  readonly options?: DumpOptions;
}

const cases: Record<string, Case> = {
  'a plain file': { files: { 'a.ndjson': ndjson }, expected: texts },
  'several files': { files: { 'b/1': ndjson, 'b/2.gz': gzipSync(ndjson) }, expected: [...texts, ...texts] },
  'a compressed file': { files: { 'c.gz': gzipSync(ndjson) }, expected: texts },
  'a file of UTF-16': { files: { d: Buffer.from(`\uFEFF${ndjson}`, 'utf16le') }, expected: texts },
  'a JSON array': { files: { 'e.json': `[${texts.join(' ,\n')}]\n` }, expected: texts },
  'a JSON array on one line': { files: { 'e1.json': `[${texts.join()}]` }, expected: texts },
  'pretty-printed JSON': { files: { 'f.json': pretty.join('\n') }, expected: pretty },
  'a pretty-printed array': { files: { 'g.json': `[\n${pretty.join(',\n')}\n]\n` }, expected: pretty },
  'a CSV with quotes over lines': { files: { 'h.csv': `id,note\n${cells.join('\n')}` }, expected: csvTexts },
  'one JSON text': {
    files: { 'i.json': `[${texts.join()}]\n` },
    expected: texts,
    options: { format: 'json' },
  },
  'a Parquet file': {
    files: { 'j.parquet': await writeParquet(`SELECT range AS id FROM range(6000)`) },
    expected: Array.from({ length: 6000 }, (_, id) => JSON.stringify({ id })),
    options: { batchRecords: 20 },
  },
};

for (const [name, { files, expected, options }] of Object.entries(cases)) {
  const paths = await Promise.all(Object.entries(files).map(([file, bytes]) => folder.write(file, bytes)));
  for (const batchBytes of [1, 500, 4_000_000]) {
    const open = () => openDump(paths, { batchBytes, ...options });
    describeSource({ name: `${name}, ${batchBytes} bytes a batch`, open, expected });
  }
}
