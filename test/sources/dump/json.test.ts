import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openDump } from '../../../src/sources/dump/dump.js';
import type { DumpOptions } from '../../../src/sources/dump/options.js';
import { makeFolder } from '../folder.js';
import { type Reading, readSource, textsOf } from '../reading.js';

async function readJson(content: string, options: DumpOptions = { format: 'json-stream' }): Promise<Reading> {
  await using folder = await makeFolder();
  await using source = await openDump([await folder.write('dump.json', content)], options);
  return await readSource(source);
}

const seen = ({ problems }: Reading) => problems.map(({ code, line, offset }) => [code, line, offset]);

describe('any JSON values', () => {
  const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 3 });
  const value = fc.oneof(
    fc.json(),
    fc.jsonValue().map((any) => JSON.stringify(any, null, 2)),
  );

  test('in an array come out one by one, in batches of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value), space, fc.integer({ min: 1, max: 50 }), async (values, gap, batchBytes) => {
        const text = `${gap}[${gap}${values.join(`${gap},${gap}`)}${gap}]${gap}`;
        const reading = await readJson(text, { format: 'json-stream', batchBytes });
        expect([reading.problems, reading.failures]).toEqual([[], []]);
        expect(textsOf(reading)).toEqual(values);
      }),
    );
  });

  test('one behind the other come out one by one, with their lines', async () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue()).map((any) => JSON.stringify(any, null, 2));
    await fc.assert(
      fc.asyncProperty(fc.array(object), fc.integer({ min: 1, max: 50 }), async (values, batchBytes) => {
        const reading = await readJson(values.join('\n'), { format: 'json-stream', batchBytes });
        expect(reading.problems).toEqual([]);
        expect(textsOf(reading)).toEqual(values);
        let line = 1;
        for (const [index, text] of values.entries()) {
          expect(reading.records[index]?.line).toBe(line);
          line += text.split('\n').length;
        }
      }),
    );
  });

  test('cut off anywhere never bring down the reader', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value), fc.nat(200), fc.string({ maxLength: 3 }), async (values, at, junk) => {
        const text = JSON.stringify(values);
        const { failures } = await readJson(text.slice(0, at) + junk + text.slice(at + 1));
        expect(failures).toEqual([]);
      }),
    );
  });
});

test('nesting of a million levels is a record like any other', async () => {
  const deep = `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`;
  const { records } = await readJson(`{"a":${deep}}\n{"b":1}`);

  expect(records.map(({ text }) => text.length)).toEqual([2_000_006, 7]);
});

test.each([
  ['a trailing comma', '[{"a":1},{"b":2},]', [['invalid_json', 1, 17]]],
  ['a leading comma', '[,{"a":1},{"b":2}]', [['invalid_json', 1, 1]]],
  ['a doubled comma', '[{"a":1},,{"b":2}]', [['invalid_json', 1, 9]]],
  ['a missing comma', '[{"a":1}\n{"b":2}]', [['invalid_json', 2, 9]]],
  ['a bracket that closes nothing', '{"a":1}\n]\n{"b":2}', [['invalid_json', 2, 8]]],
  [
    'a brace that closes nothing',
    '[{"a":1},\n},{"b":2}]',
    [
      ['invalid_json', 2, 10],
      ['invalid_json', 2, 11],
    ],
  ],
  ['an array without an end', '[{"a":1},\n{"b":2}\n', [['truncated_json', 2, 17]]],
  ['a value without an end', '{"a":1}\n{"b":2}\n{"c":', [['truncated_json', 3, 16]]],
  ['a string without an end', '{"a":1}\n{"b":2}\n{"c":"x', [['truncated_json', 3, 16]]],
  ['a string that runs into the next line', '{"a":1}\n{"x":"y}\n{"b":2}', [['invalid_json', 2, 8]]],
  ['an object that is cut off before the next', '{"a":1}\n{"x":[1\n{"b":2}', [['invalid_json', 2, 8]]],
  ['an object that is cut off behind a comma', '{"a":1}\n{"x":1,\n{"b":2}', [['invalid_json', 2, 8]]],
  ['a bracket of the wrong kind', '{"a":1}\n{"x":[1}\n{"b":2}', [['invalid_json', 2, 8]]],
  [
    'a broken element of a pretty array',
    '[\n  {\n    "x": "\n    {\n  },\n  {"a":1},\n  {"b":2}\n]',
    [['invalid_json', 2, 4]],
  ],
])('%s is a problem with its place, and its neighbours are read', async (_, text, expected) => {
  for (const batchBytes of [1, 10, 4096]) {
    const reading = await readJson(text, { format: 'json-stream', batchBytes });
    expect(
      seen(reading)
        .filter(([code]) => code !== undefined)
        .slice(0, expected.length),
    ).toEqual(expected);
    expect(textsOf(reading)).toEqual(expect.arrayContaining(['{"b":2}']));
    if (!text.includes('"x"')) expect(textsOf(reading)).toEqual(['{"a":1}', '{"b":2}']);
  }
});

test('what stands inside a broken value never passes for an event', async () => {
  const text =
    '[\n  {\n    "id": "broken,\n    "inner":\n    {\n      "id": 1\n    }\n  },\n  {\n    "id": 2\n  }\n]\n';
  const reading = await readJson(text);

  expect(reading.records.map((record) => JSON.parse(record.text))).toEqual([{ id: 2 }]);
  expect(reading.problems).toHaveLength(1);
});

test('a value that is too long is reported, and its neighbours are read', async () => {
  const long = JSON.stringify({ id: 'x'.repeat(200_000) }, null, 2);
  const options: DumpOptions = { format: 'json-stream', maxRecordBytes: 100_000, batchBytes: 1000 };
  const reading = await readJson(`{"id":1}\n${long}\n{"id":2}\n`, options);

  expect(textsOf(reading)).toEqual(['{"id":1}', '{"id":2}']);
  expect(reading.problems.map(({ code }) => code)).toContain('line_too_long');
});

test('--format json is one text a file: what stands behind it is a problem', async () => {
  const one = await readJson('{\n"a": 1\n}\n', { format: 'json' });
  const array = await readJson('[{"a":1},{"b":2}]\n', { format: 'json' });
  const two = await readJson('{"a":1}\n{"b":2}\n{"c":3}\n', { format: 'json' });
  const behind = await readJson('[{"a":1}]\n{"b":2}', { format: 'json', batchBytes: 1 });

  expect([one.records.length, array.records.length, two.records.length, behind.records.length]).toEqual([1, 2, 1, 1]);
  expect([one.problems, array.problems]).toEqual([[], []]);
  expect(seen(two)).toEqual([['invalid_json', 2, 8]]);
  expect(seen(behind)).toEqual([['invalid_json', 2, 10]]);
});

test('a line that is an array is one record of ndjson', async () => {
  const { records } = await readJson('[{"a":1}]\n[{"b":2}]\n', { format: 'ndjson' });

  expect(records.map(({ text }) => text)).toEqual(['[{"a":1}]', '[{"b":2}]']);
});
