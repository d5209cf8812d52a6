import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseExact } from '../../src/event/exact.js';
import { createJsonbBytes } from '../../src/postgres/jsonb-bytes.js';
import { jsonbText } from '../../src/postgres/jsonb-text.js';

const writer = createJsonbBytes();

function written(json: string, before = ''): string | undefined {
  const bytes = Buffer.from(`${before}${json}`);
  const length = writer.write(bytes.subarray(0, bytes.length), Buffer.byteLength(before), bytes.length);
  return length < 0 ? undefined : Buffer.from(writer.bytes.subarray(0, length)).toString();
}

test('documents are written as the way over values writes them, or not at all', () => {
  let count = 0;
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
      const json = JSON.stringify(value, undefined, indent);
      const text = written(json, '  ');
      if (text === undefined) return;
      count++;
      expect(text).toBe(jsonbText(parseExact(json)));
    }),
    { numRuns: 2_000 },
  );
  expect(count).toBeGreaterThan(500);
});

test('members are sorted by the length of their names in bytes', () => {
  expect(written('{"bb":1, "é":[ ] ,"a" :{"z":-0.5,"y":{}},"":"", "b":[true,null, 1.50]}')).toBe(
    '{"": "", "a": {"y": {}, "z": -0.5}, "b": [true, null, 1.50], "bb": 1, "é": []}',
  );
});

test('what is printed otherwise than it is written is left alone', () => {
  for (const json of ['"\\n"', '{"\\u0061":1}', '1e3', '-0', '-0.0', '{"a":1,"a":2}', '[{"a":1,"b":2,"a":3}]'])
    expect([json, written(json)]).toEqual([json, undefined]);
});
