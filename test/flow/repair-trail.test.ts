import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRepairTrail } from '../../src/flow/repair-trail.js';
import { folderWith } from '../support/cli.js';

const repair = (id: string) => ({
  line: 0,
  offset: 0,
  id,
  rules: ['r'],
  original: Buffer.from(`{ "id":"${id}",\n"n":1.00 }`),
  results: [Buffer.from(`{"id":"${id}","n":2}`)],
  events: [0],
});

test('what an interrupted invocation wrote behind its last checkpoint is taken back before more is written', async () => {
  await using folder = await folderWith();
  const path = join(folder.path, 'repaired.ndjson');
  const place = { part: 'in.ndjson', firstLine: 7 };
  let settled = 0;
  {
    await using trail = openRepairTrail(path, 0);
    await trail.append(place, [repair('a')]);
    await trail.sync();
    settled = trail.length;
    await trail.append(place, [repair('lost'), repair('lost too')]);
  }
  {
    await using trail = openRepairTrail(path, settled);
    await trail.append(place, [repair('b')]);
  }

  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  expect(lines).toEqual([
    '{"respool":"repaired/1","source":{"part":"in.ndjson","line":7},"id":"a","rules":["r"],"original":{ "id":"a", "n":1.00 },"repaired":[{"id":"a","n":2}]}',
    '{"respool":"repaired/1","source":{"part":"in.ndjson","line":7},"id":"b","rules":["r"],"original":{ "id":"b", "n":1.00 },"repaired":[{"id":"b","n":2}]}',
  ]);
});
