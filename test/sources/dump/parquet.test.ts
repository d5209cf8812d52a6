import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openDump } from '../../../src/sources/dump/dump.js';
import { makeFolder } from '../folder.js';
import { readSource, textsOf } from '../reading.js';
import { writeParquet } from './parquet-file.js';

async function readParquet(query: string): Promise<string[]> {
  await using folder = await makeFolder();
  await using source = await openDump([await folder.write('rows[1].parquet', await writeParquet(query))], {});
  const reading = await readSource(source);
  expect(reading.failures).toEqual([]);
  return textsOf(reading);
}

test.each([
  [`9223372036854775807::BIGINT`, '9223372036854775807'],
  [`18446744073709551615::UBIGINT`, '18446744073709551615'],
  [`123.4500::DECIMAL(18,4)`, '123.4500'],
  [`12345678901234567890123.45::DECIMAL(38,2)`, '12345678901234567890123.45'],
  [`{'d': 12345678901234567890123.45::DECIMAL(38,2)}`, '{"d":12345678901234567890123.45}'],
  [`'NaN'::DOUBLE`, 'null'],
  [`'-Infinity'::FLOAT`, 'null'],
  [`0.1::DOUBLE`, '0.1'],
  [`TIMESTAMP '2019-07-01 12:34:56.789012'`, '"2019-07-01T12:34:56.789012Z"'],
  [`TIMESTAMPTZ '2019-07-01 12:34:56+02'`, '"2019-07-01T10:34:56.000000Z"'],
  [`TIMESTAMP_NS '2019-07-01 12:34:56.123456789'`, '"2019-07-01T12:34:56.123456789Z"'],
  [`DATE '2019-07-01'`, '"2019-07-01"'],
  [`TIME '12:34:56'`, '"12:34:56"'],
  [`'\\xAA\\xBB'::BLOB`, '"qrs="'],
  [`'4099b181-168f-4cec-a3c8-b35b38f950fe'::UUID`, '"4099b181-168f-4cec-a3c8-b35b38f950fe"'],
  [`'é"\n🎉'`, '"é\\"\\n🎉"'],
  [`true`, 'true'],
  [`NULL::VARCHAR`, 'null'],
  [`[1, NULL, 3]`, '[1,null,3]'],
  [`[TIMESTAMP '2019-07-01 00:00:00']`, '["2019-07-01T00:00:00.000000Z"]'],
  [
    `{'a b': {'t': TIMESTAMP '2019-07-01 00:00:00'}, 'c"': [{'x': 'NaN'::DOUBLE}]}`,
    '{"a b":{"t":"2019-07-01T00:00:00.000000Z"},"c\\"":[{"x":null}]}',
  ],
  [`MAP {'k': TIMESTAMP '2019-07-01 00:00:00'}`, '{"k":"2019-07-01T00:00:00.000000Z"}'],
  [`NULL::STRUCT(a INTEGER)`, 'null'],
  [`NULL::MAP(VARCHAR, DOUBLE)`, 'null'],
])('%s is read as %s', async (sql, json) => {
  expect(await readParquet(`SELECT ${sql} AS "the ""value"""`)).toEqual([`{"the \\"value\\"":${json}}`]);
});

test('rows keep their order and know their row, over all row groups', async () => {
  await using folder = await makeFolder();
  const path = await folder.write('rows', await writeParquet('SELECT range AS id FROM range(10000)'));
  await using source = await openDump([path], { batchRecords: 3000 });
  const { records } = await readSource(source);

  expect(records.map(({ text }) => text)).toEqual(Array.from({ length: 10_000 }, (_, id) => `{"id":${id}}`));
  expect(records.at(-1)).toMatchObject({ line: 10_000, offset: 9_999 });
});

test('a Parquet file that is compressed once more is read all the same', async () => {
  await using folder = await makeFolder();
  const path = await folder.write('rows.gz', gzipSync(await writeParquet('SELECT 1 AS id')));
  await using source = await openDump([path], {});

  expect(textsOf(await readSource(source))).toEqual(['{"id":1}']);
});

test('a Parquet file that is cut off is a failure, and the next file is read', async () => {
  await using folder = await makeFolder();
  const bytes = await writeParquet('SELECT range AS id FROM range(10000)');
  const bad = await folder.write('1', bytes.subarray(0, bytes.length - 100));
  const good = await folder.write('2', '{"id":1}\n');
  await using source = await openDump([bad, good], {});
  const { records, failures } = await readSource(source);

  expect(failures).toMatchObject([{ part: 0, error: { code: 'source_corrupt', exitCode: 2 } }]);
  expect(records).toHaveLength(1);
});
