import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith } from '../support/cli.js';
import { sharedData } from '../support/shared-data.js';
import { check } from './checking.js';

const texts = sharedData('JSONTestSuite/test_parsing');
const cdevents = sharedData('cdevents');
const real = test.skipIf(!existsSync(texts));

real.each([
  ['y_', 95, 0],
  ['n_', 188, 188],
])('JSONTestSuite: of the texts that begin with %s, %i in number, %i are refused', async (prefix, count, refused) => {
  await using folder = await folderWith({ 'any.json': 'true' });
  const files = readdirSync(texts).filter((name) => name.startsWith(prefix));
  const paths = files.map((name) => join(texts, name));
  const { report } = await check([...paths, '--format', 'json', '--schema', 'any.json'], folder.path);

  expect(files).toHaveLength(count);
  expect(new Set(report.problems.map(({ source }) => source)).size).toBe(refused);
});

real('cdevents: each conformance event fits its schema and not the next one', async () => {
  const names = readdirSync(join(cdevents, 'conformance'))
    .filter((name) => name.endsWith('.json'))
    .slice(0, 4);
  await using folder = await folderWith();
  for (const [at, name] of names.entries()) {
    const event = join(cdevents, 'conformance', name);
    const schemaOf = (file = '') => join(cdevents, 'schemas', file.replace(/_/gu, ''));
    const other = names[(at + 1) % names.length];

    expect(await check([event, '--schema', schemaOf(name)], folder.path)).toMatchObject({
      status: 0,
      report: { valid: 1 },
    });
    expect(await check([event, '--schema', schemaOf(other)], folder.path)).toMatchObject({ status: 1 });
  }
});
