import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openDump } from '../../../src/sources/dump/dump.js';
import { makeFolder } from '../folder.js';
import { readSource } from '../reading.js';

test('every line is read with its number and its offset, whatever ends lines and wherever batches are cut', async () => {
  const piece = fc.constantFrom('{"id":1}', '"é"', ' ', '', '\n', '\r', '\r\n');
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 40 }),
      fc.integer({ min: 1, max: 30 }),
      async (pieces, batchBytes) => {
        const text = pieces.join('');
        await using folder = await makeFolder();
        await using source = await openDump([await folder.write('dump', text)], { format: 'ndjson', batchBytes });
        const { records, problems } = await readSource(source);

        expect(problems).toEqual([]);
        expect(records.map(({ text: record, line, offset }) => [record, line, offset])).toEqual(linesOf(text));
      },
    ),
    { numRuns: 500 },
  );
});

/** Text, number and byte offset of each line that is not blank. */
function linesOf(text: string): [string, number, number][] {
  const lines: [string, number, number][] = [];
  let offset = 0;
  for (const [index, line] of (text.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/gu) ?? []).entries()) {
    const record = line.replace(/[\r\n]+$/u, '');
    if (record.trim() !== '') lines.push([record, index + 1, offset]);
    offset += Buffer.byteLength(line);
  }
  return lines;
}
