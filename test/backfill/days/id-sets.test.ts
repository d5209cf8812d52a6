import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareIds, hashesOf } from '../../../src/backfill/days/id-sets.js';
import { folderWith } from '../../support/cli.js';

test('sets of ids are compared the same in one piece and in many', async () => {
  await using folder = await folderWith();
  const ids = fc.array(fc.integer({ min: 0, max: 60 }).map(String), { maxLength: 200 });
  let round = 0;
  await fc.assert(
    fc.asyncProperty(ids, ids, ids, fc.integer({ min: 1, max: 300 }), async (source, refused, found, atOnce) => {
      const at = round++;
      const write = async (name: string, each: readonly string[]) => {
        const path = join(folder.path, `${at}.${name}`);
        await writeFile(path, hashesOf(each));
        return path;
      };
      const files = {
        source: await write('source', source),
        refused: await write('refused', refused),
        found: await write('found', found),
      };
      const expected = new Set(source.filter((id) => !refused.includes(id)));
      const there = [...expected].filter((id) => found.includes(id));
      const compared = await compareIds(files, atOnce);
      expect(compared).toMatchObject({ expected: { count: expected.size }, found: { count: there.length } });
      expect(compared.expected.checksum === compared.found.checksum).toBe(expected.size === there.length);
    }),
    { numRuns: 100 },
  );
});

test('files that are not there are empty', async () => {
  await using folder = await folderWith();
  expect(await compareIds({ source: join(folder.path, 'none') })).toMatchObject({
    expected: { count: 0, checksum: 0n },
  });
});
