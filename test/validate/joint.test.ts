import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { loadCatalog } from '../../src/schema/catalog.js';
import type { StoredFile } from '../../src/sources/dump/byte-reader.js';
import { openFiles } from '../../src/sources/dump/dump.js';
import { openExaminerPool } from '../../src/validate/pool.js';
import { type Validation, validate } from '../../src/validate/validate.js';
import { folderWith } from '../support/cli.js';
import { berth, berthSchema } from './checking.js';

const folder = await folderWith({ 'schema.json': berthSchema });
afterAll(() => folder[Symbol.asyncDispose]());
const catalog = await loadCatalog(join(folder.path, 'schema.json'), {
  mappings: [],
  keywords: [],
  ambiguity: 'warned',
  isFingerprinted: false,
});

function fileOf(label: string, text: string): StoredFile {
  const bytes = new Uint8Array(Buffer.from(text, 'latin1'));
  return {
    label,
    bytes: bytes.length,
    fingerprint: async () => undefined,
    whole: () => (bytes.length === 0 ? undefined : bytes.slice()),
    open: () => Promise.reject(new Error('it is small')),
  };
}

/** All that is found in files of these texts. */
async function foundIn(texts: readonly string[], how: Pick<Validation, 'isPlain'>) {
  const files = texts.map((text, part) => fileOf(`${part}.json`, text));
  await using source = openFiles(files, 'files', {});
  const spec = { decoder: source.decoder, catalog, unknownEvent: 'accept', fields: {}, mutates: false } as const;
  await using pool = await openExaminerPool({ ...spec, maxProblems: 100 }, 0);
  let batches = 0;
  const { summary, failures } = await validate({
    ...{ source, maxProblems: 100, needsText: true, finish: new AbortController().signal, ...how },
    pool: {
      ...pool,
      examine(inputs) {
        batches += inputs.length;
        return pool.examine(inputs);
      },
    },
    expects: (label) => (label === '5.json' ? 'invalid' : 'valid'),
    onProgress: () => undefined,
  });
  const {
    part: _,
    linesBefore: __,
    ...found
  } = JSON.parse(JSON.stringify(summary, (_, value) => (value instanceof Map ? [...value] : value)));
  return {
    found,
    batches,
    failures: failures.map(({ part }) => part),
    seen: texts.map((_, i) => summary.hasEventsOf(i)),
  };
}

const pretty = JSON.stringify(JSON.parse(berth(2)), null, 2);
const good = [
  berth(1),
  `${berth(1, { crew: ['Ann'] })}\n`,
  pretty,
  `${pretty}\r\n`,
  `${berth(3)} \n`,
  berth(4, { x: 1 }),
];
const odd = [
  ...[
    berth(5, { tons: -1 }),
    '{"id":1}\n',
    '{}',
    '',
    '{"a":1',
    `{"id":"a",${berth(6).slice(1)}`,
    '[]',
    `${berth(7)}\n${berth(8)}`,
  ],
  ...[
    '{"id":"\xff"}',
    `${pretty}\n${pretty}`,
    `{"name":"left","id":"1","time":"2019-07-01T12:00:00Z"}`,
    'id,name\n1,left\n',
  ],
];

test('files of one event each are examined together, and what is found is what each of them holds', async () => {
  const text = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...good) }, fc.constantFrom(...odd));
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 12 }), async (texts) => {
      const { batches: _, ...together } = await foundIn(texts, { isPlain: true });
      const { batches: __, ...alone } = await foundIn(texts, { isPlain: false });
      expect(together).toEqual(alone);
    }),
  );
});

test('where all is well, a handful is one batch', async () => {
  const texts = [good[0] ?? '', good[1] ?? ''];
  expect(await foundIn(texts, { isPlain: true })).toMatchObject({ batches: 1, found: { valid: 2 } });
  expect(await foundIn(texts, { isPlain: false })).toMatchObject({ batches: 2, found: { valid: 2 } });
  const six = [...texts, ...texts, ...texts];
  expect(await foundIn(six, { isPlain: true })).toMatchObject({ batches: 6, found: { unexpected: 1 } });
});
