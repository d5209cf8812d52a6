import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDump } from '../../../src/sources/dump/dump.js';
import type { DumpOptions } from '../../../src/sources/dump/options.js';
import { makeFolder } from '../folder.js';
import { readSource } from '../reading.js';
import { sharedData } from './shared-data.js';

async function read(path: string, options: DumpOptions = {}) {
  await using source = await openDump([path], options);
  return await readSource(source);
}

const spectrum = sharedData('csv-spectrum');
describe.skipIf(spectrum === undefined)('csv-spectrum', () => {
  for (const name of spectrum ? readdirSync(`${spectrum}/csvs`) : []) {
    test(`${name} is read as its JSON says`, async () => {
      await using folder = await makeFolder();
      const text = await readFile(`${spectrum}/csvs/${name}`, 'utf8');
      // The copies in Git have lost their CRLF.
      const path = await folder.write(name, name.includes('crlf') ? text.replaceAll(/\r?\n/gu, '\r\n') : text);
      const { records, problems } = await read(path);
      const expected = JSON.parse(await readFile(`${spectrum}/json/${name.replace('.csv', '.json')}`, 'utf8'));
      const rows = records.map((record) => JSON.parse(record.text));

      expect(problems).toEqual([]);
      // The JSON of this one is no array, and was given another telephone number.
      if (name === 'location_coordinates.csv') {
        expect(rows).toEqual([{ ...expected, 'Contact Phone Number': '2095257564' }]);
      } else expect(rows).toEqual(expected);
    });
  }
});

const texts = sharedData('JSONTestSuite');
describe.skipIf(texts === undefined)('JSONTestSuite', () => {
  const names = texts ? readdirSync(`${texts}/test_parsing`) : [];
  const whole = ({ records, problems }: Awaited<ReturnType<typeof read>>) =>
    problems.length === 0 && records.every(({ text }) => parses(text));

  for (const format of ['json', 'json-stream', 'ndjson', undefined] as const) {
    test(`no text brings down the reader as ${format ?? 'whatever it looks like'}`, async () => {
      for (const name of names) {
        const { failures } = await read(`${texts}/test_parsing/${name}`, { ...(format && { format }), batchBytes: 16 });
        if (format !== undefined) expect([name, failures]).toEqual([name, []]);
      }
    });
  }

  test('texts that must be accepted are, as one JSON text a file', async () => {
    for (const name of names.filter((file) => file.startsWith('y_'))) {
      const path = `${texts}/test_parsing/${name}`;
      const { records } = await read(path, { format: 'json' });
      const value: unknown = JSON.parse(await readFile(path, 'utf8'));
      const values = records.map(({ text }) => JSON.parse(text));
      expect([name, values]).toEqual([name, Array.isArray(value) ? value : [value]]);
    }
  });

  test('texts that must be rejected leave a problem, or a record that is no JSON', async () => {
    const accepted = [];
    for (const name of names.filter((file) => file.startsWith('n_'))) {
      const reading = await read(`${texts}/test_parsing/${name}`, { format: 'json' });
      if (whole(reading) && reading.records.length > 0) accepted.push(name);
    }
    expect(accepted).toEqual([]);
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const zstd = sharedData('zstd/tests');
describe.skipIf(zstd === undefined)('the golden files of zstd', () => {
  const filesOf = (folder: string) =>
    zstd
      ? readdirSync(`${zstd}/${folder}`)
          .filter((name) => name.endsWith('.zst'))
          .map((name) => `${zstd}/${folder}/${name}`)
      : [];

  test.each(filesOf('golden-decompression').map((path) => [basename(path), path]))(
    '%s is decompressed',
    async (_, path) => {
      expect((await read(path, { format: 'ndjson' })).failures).toEqual([]);
    },
  );

  test.each(filesOf('golden-decompression-errors').map((path) => [basename(path), path]))(
    '%s is refused',
    async (_, path) => {
      expect((await read(path, { format: 'ndjson' })).failures).toMatchObject([{ error: { exitCode: 2 } }]);
    },
  );
});

describe.each([
  ['gharchive/*.json.gz', 8273],
  ['kibana-sample/*.json.gz', 13_059 + 4_675],
  ['druid-wikiticker/*.json.gz', 39_244],
  ['tinybird/*.ndjson', 5001],
  ['stratus/**/*.json', 310],
])('the dumps of %s', (pattern, count) => {
  const folder = sharedData('.');

  test.skipIf(folder === undefined)(`hold ${count} records`, async () => {
    const { records, problems, failures } = await read(`${folder}/${pattern}`);

    expect(failures.map(({ error }) => error.message)).toEqual([]);
    expect(problems).toEqual([]);
    expect(records).toHaveLength(count);
    expect(records.every(({ text }) => parses(text))).toBe(true);
  });
});
