import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDecoder } from '../../../src/sources/dump/decode.js';
import { openDump } from '../../../src/sources/dump/dump.js';
import type { DumpOptions } from '../../../src/sources/dump/options.js';
import { makeFolder } from '../folder.js';
import { readSource } from '../reading.js';

async function readCsv(content: string | Uint8Array, options: DumpOptions = {}) {
  await using folder = await makeFolder();
  await using source = await openDump([await folder.write('dump.csv', content)], options);
  return { ...(await readSource(source)), notes: source.notes };
}

const values = ({ records }: Awaited<ReturnType<typeof readCsv>>) => records.map(({ text }) => JSON.parse(text));

describe('against csv-parse', () => {
  const cell = fc.oneof(
    fc.stringMatching(/^[a-zé🎉 ]{0,6}$/u),
    fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', ' ', '\\', '\t', 'ü'), maxLength: 8 }),
  );
  const table = fc.integer({ min: 2, max: 5 }).chain((width) =>
    fc.record({
      width: fc.constant(width),
      rows: fc.array(fc.array(fc.tuple(cell, fc.boolean()), { minLength: width, maxLength: width }), { maxLength: 12 }),
      end: fc.constantFrom('\n', '\r\n', '\r'),
      isEnded: fc.boolean(),
    }),
  );

  test('any table that is quoted where it must be comes out the same, in batches of any size', async () => {
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 40 }), async ({ width, rows, end, isEnded }, batchBytes) => {
        const columns = Array.from({ length: width }, (_, index) => `c${index}`);
        const text =
          [columns.join(','), ...rows.map((row) => row.map(written).join(','))].join(end) + (isEnded ? end : '');
        const read = await readCsv(text, { batchBytes, format: 'csv', delimiter: ',' });
        const options = { columns: true, record_delimiter: ['\r\n', '\n', '\r'], skip_empty_lines: true };

        expect(read.problems).toEqual([]);
        expect(values(read)).toEqual(parse(text, options));
      }),
      { numRuns: 300 },
    );
  });

  test('a broken line is a problem of that line alone, whatever is wrong with it', async () => {
    const line = fc.string({ unit: fc.constantFrom('"', ',', 'a', 'b'), minLength: 1, maxLength: 8 });
    const good = /^(?:"(?:[^"]|"")*"|[^",][^,]*|),(?:"(?:[^"]|"")*"|[^",][^,]*|)$/u;
    await fc.assert(
      fc.asyncProperty(line, async (defect) => {
        const { records, problems } = await readCsv(`x,y\n1,2\n${defect}\n3,4\n`, { format: 'csv', delimiter: ',' });

        expect([records.length, problems.length]).toEqual(good.test(defect) ? [3, 0] : [2, 1]);
        expect(records.at(-1)).toMatchObject({ text: '{"x":"3","y":"4"}', line: 4 });
      }),
      { numRuns: 300 },
    );
  });
});

function written([text, isQuoted]: [string, boolean]): string {
  return isQuoted || /[",\n\r]/u.test(text) || text === '' ? `"${text.replaceAll('"', '""')}"` : text;
}

test('rows know their line, also behind cells that hold line ends', async () => {
  const read = await readCsv('id,note\n1,"two\nlines"\n2,one\n\n3,"a\r\nb\rc"\n4,d\n');

  expect(read.records.map(({ line, offset }) => [line, offset])).toEqual([
    [2, 8],
    [4, 22],
    [6, 29],
    [9, 40],
  ]);
});

test('ragged rows are reported with what they have and should have, never shifted', async () => {
  const read = await readCsv('a,b,c\n1,2,3\n1,2\n1,2,3,4\n4,5,6\n');

  expect(values(read)).toEqual([
    { a: '1', b: '2', c: '3' },
    { a: '4', b: '5', c: '6' },
  ]);
  expect(
    read.problems.map(({ code, message, line, raw }) => [code, message, line, String(Buffer.from(raw ?? []))]),
  ).toEqual([
    ['ragged_row', '2 cells where the header names 3', 3, '1,2'],
    ['ragged_row', '4 cells where the header names 3', 4, '1,2,3,4'],
  ]);
});

test('merge conflict markers are reported, in a file of one column too', async () => {
  const marked = (row: string) => `${row}\n<<<<<<< HEAD\n${row}\n=======\n${row}\n>>>>>>> theirs\n${row}\n`;
  for (const row of ['a,b', 'a']) {
    const read = await readCsv(marked(row), { format: 'csv', delimiter: ',' });
    expect(read.records).toHaveLength(3);
    expect(read.problems.map(({ code, line }) => [code, line])).toEqual([
      ['merge_conflict', 2],
      ['merge_conflict', 4],
      ['merge_conflict', 6],
    ]);
  }
});

test('a quote that is never closed costs its own line', async () => {
  const read = await readCsv('id,note\n1,"open\n2,b\n3,c\n');

  expect(read.problems).toMatchObject([{ code: 'broken_quote', line: 2 }]);
  expect(values(read)).toEqual([
    { id: '2', note: 'b' },
    { id: '3', note: 'c' },
  ]);
});

test('a quote that is never closed is given up at the longest record', async () => {
  const rows = Array.from({ length: 400 }, (_, id) => `${id},b\n`).join('');
  const read = await readCsv(`id,note\n1,"open\n${rows}`, { maxRecordBytes: 1000, batchBytes: 100 });

  expect(read.problems).toMatchObject([{ code: 'broken_quote', line: 2 }]);
  expect(read.records).toHaveLength(400);
});

test('names that repeat or are missing are made unique, and it is said', async () => {
  const read = await readCsv('id,,id,id_2,__proto__\n1,2,3,4,5\n');

  expect(read.records[0]?.text).toBe('{"id":"1","column_2":"2","id_3":"3","id_2":"4","__proto__":"5"}');
  expect(read.notes).toHaveLength(2);
});

test('columns can be named, delimiter and quote chosen', async () => {
  const read = await readCsv("1|'a|''b'\n2|\"c\"\n", { columns: ['id', 'note'], delimiter: '|', quote: "'" });

  expect(values(read)).toEqual([
    { id: '1', note: "a|'b" },
    { id: '2', note: '"c"' },
  ]);
  const unquoted = await readCsv('id,note\n1,5" pipe\n', { quote: '' });
  expect(values(unquoted)).toEqual([{ id: '1', note: '5" pipe' }]);
});

test('a delimiter that JSON has to escape may stand in a quoted cell', async () => {
  const read = await readCsv('id\tnote\n1\t"a\tb"\n', { delimiter: '\t' });

  expect(read.records[0]?.text).toBe('{"id":"1","note":"a\\tb"}');
});

test('cells are typed by the schema, and keep every digit', () => {
  const kinds = ['text', 'integer', 'number', 'boolean', 'json'] as const;
  const columns = kinds.flatMap((kind) => [kind, `${kind}?`]);
  const cellTypes = Object.fromEntries(
    columns.map((name, index) => [name, { kind: kinds[index >> 1] ?? 'text', nullable: name.endsWith('?') }]),
  );
  const rows = [
    '7,7,9007199254740993,-12,1.50,1e400,true,false,"{""a"": [1,\n2.50]}",null',
    ',,,,,,,,,',
    'x,"a""b\\",01,x,.5,NaN,TRUE,yes,{,"[""é""]"',
  ].join('\n');
  const texts: string[] = [];
  const bytes = new TextEncoder().encode(rows);
  createDecoder({ cellTypes }).decode(
    { format: { kind: 'csv', columns, delimiter: ',', quote: '"' }, bytes },
    ({ text, start, end }) => {
      texts.push(Buffer.from(text.slice(start, end)).toString());
    },
    (problem) => expect.fail(problem.message),
  );

  expect(texts).toEqual([
    '{"text":"7","text?":"7","integer":9007199254740993,"integer?":-12,"number":1.50,"number?":1e400,"boolean":true,"boolean?":false,"json":{"a": [1, 2.50]},"json?":null}',
    '{"text":"","text?":"","integer?":null,"number?":null,"boolean?":null,"json?":null}',
    '{"text":"x","text?":"a\\"b\\\\","integer":"01","integer?":"x","number":".5","number?":"NaN","boolean":"TRUE","boolean?":"yes","json":"{","json?":["é"]}',
  ]);
  for (const text of texts) expect(() => JSON.parse(text)).not.toThrow();
});

test('a row that is not valid UTF-8 is reported', async () => {
  const read = await readCsv(Buffer.concat([Buffer.from('id,note\n1,'), Buffer.from([0xff]), Buffer.from('\n2,ü\n')]));

  expect(read.problems).toMatchObject([{ code: 'invalid_utf8', line: 2 }]);
  expect(values(read)).toEqual([{ id: '2', note: 'ü' }]);
});

test('control characters in a cell are escaped as JSON wants it', async () => {
  const read = await readCsv('id,note\n1,a\u0001\u0008\t\u000c\u001fb\n', { format: 'csv' });

  expect(read.records[0]?.text).toBe('{"id":"1","note":"a\\u0001\\b\\t\\f\\u001fb"}');
});

test('rows whose JSON is many times longer than they are keep every byte', async () => {
  const note = '\u0001'.repeat(50);
  const rows = Array.from({ length: 2000 }, (_, id) => ({ id: `${id}`, note }));
  const text = `id,note\n${rows.map((row) => `${row.id},${row.note}`).join('\n')}\n`;

  expect(values(await readCsv(text, { format: 'csv' }))).toEqual(rows);
});
