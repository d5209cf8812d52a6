import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadCatalog } from '../../src/schema/catalog.js';
import { compileCatalog } from '../../src/schema/compile.js';
import { folderWith } from '../support/cli.js';
import { check } from '../validate/checking.js';

const draft07 = 'http://json-schema.org/draft-07/schema#';

async function warningsOf(schema: object, keywords: readonly string[] = []): Promise<readonly string[]> {
  await using folder = await folderWith({ 'schema.json': JSON.stringify(schema) });
  return (await loadCatalog(join(folder.path, 'schema.json'), { keywords })).warnings;
}

test.each([
  [
    { type: 'object', requird: ['a'] },
    '#/requird: "requird" is no keyword and checks nothing; did you mean "required"?',
  ],
  [
    { $schema: draft07, properties: { a: { dependentRequired: {} } } },
    '#/properties/a/dependentRequired: "dependentRequired" is no keyword of draft-07',
  ],
  [
    { $schema: draft07, properties: { a: { $ref: '#/definitions/a', minLength: 1 } }, definitions: { a: {} } },
    '#/properties/a: "minLength" beside "$ref" has no effect in draft-07',
  ],
])('%j is warned of', async (schema, warning) => {
  expect(await warningsOf(schema)).toMatchObject([expect.stringContaining(warning)]);
});

test('remarks are no typing errors: x-…, keywords of tools, and those that are listed', async () => {
  const schema = { type: 'object', 'x-owner': 'harbour', tsType: 'Date', berth: 1, properties: { requird: true } };

  expect(await warningsOf(schema)).toHaveLength(1);
  expect(await warningsOf(schema, ['berth'])).toEqual([]);
});

test('rules beside a $ref hold where the draft says so', async () => {
  const schema = (draft: string) =>
    JSON.stringify({
      $schema: draft,
      $ref: '#/definitions/a',
      maxProperties: 0,
      definitions: { a: { type: 'object' } },
    });
  await using folder = await folderWith({
    'old.json': schema(draft07),
    'new.json': schema('https://json-schema.org/draft/2019-09/schema'),
  });
  const [old, current] = await Promise.all(
    ['old.json', 'new.json'].map(async (name) =>
      compileCatalog(await loadCatalog(join(folder.path, name)), { unknownEvent: 'accept' }),
    ),
  );

  expect(old?.check({ berth: 1 }, '')).toBeUndefined();
  expect(current?.check({ berth: 1 }, '')).toMatchObject([{ rule: 'maxProperties' }]);
});

test('a remote $ref is read from the copy that --schema-map names, and from nowhere else', async () => {
  await using folder = await folderWith({
    'schema.json': '{"properties":{"berth":{"$ref":"https://harbour.example/types/berth.json"}}}',
    'dump.ndjson': '{"berth":"mole"}\n{"berth":7}\n',
  });
  await mkdir(join(folder.path, 'vendor'));
  await writeFile(join(folder.path, 'vendor/berth.json'), '{"$ref":"name.json"}');
  await writeFile(join(folder.path, 'vendor/name.json'), '{"type":"string"}');
  const args = ['dump.ndjson', '--schema', 'schema.json'];

  expect(await check(args, folder.path)).toMatchObject({ status: 3, stderr: expect.stringContaining('--schema-map') });
  for (const map of ['https://harbour.example/types/=vendor', 'https://harbour.example/=.']) {
    const { status, report } = await check([...args, '--schema-map', map], folder.path);
    expect([status, report?.invalid]).toEqual(map.includes('vendor') ? [1, 1] : [3, undefined]);
  }
});

test('two schemas for one name are a warning, and a finding with --lint error', async () => {
  await using folder = await folderWith({ 'dump.ndjson': '{"name":"a"}\n' });
  await mkdir(join(folder.path, 'schemas/events'), { recursive: true });
  for (const name of ['a.json', 'a.schema.json'])
    await writeFile(join(folder.path, 'schemas/events', name), '{"type":"object"}');
  const args = ['dump.ndjson', '--schema', 'schemas'];

  expect(await check(args, folder.path)).toMatchObject({
    status: 0,
    report: { warnings: [expect.stringContaining('two schemas for the event "a"')] },
  });
  expect(await check([...args, '--lint', 'error'], folder.path)).toMatchObject({
    status: 1,
    report: { findings: [{ code: 'schema_lint' }] },
  });
});

test.each([
  [{ required: ['tons'], properties: { tons: { type: 'string' } } }, '/tons would have to be of two types at once'],
  [{ required: ['crew'] }, '/crew is not allowed, and cannot be left out'],
  [{ properties: { name: { const: 'sailed' } } }, 'no value is left for /name'],
  [
    { anyOf: [{ type: 'array' }, { properties: { tons: false }, required: ['tons'] }] },
    'none of the alternatives is left',
  ],
  [{ required: ['tons'], properties: { tons: { minimum: 9, maximum: 3 } } }, 'at least 9 and at most 3'],
  [{ required: ['tons'], anyOf: [{ type: 'array' }, { type: 'object' }] }, undefined],
])('the schema %j of an event is told to be impossible where it is', async (schema, why) => {
  const envelope = {
    type: 'object',
    additionalProperties: false,
    properties: { name: { type: 'string' }, tons: { type: 'number' } },
    'x-respool': { name: 'name' },
  };
  await using folder = await folderWith({ 'dump.ndjson': '{"name":"other"}' });
  await mkdir(join(folder.path, 'schemas/events'), { recursive: true });
  await writeFile(join(folder.path, 'schemas/envelope.schema.json'), JSON.stringify(envelope));
  await writeFile(join(folder.path, 'schemas/events/berthed.json'), JSON.stringify(schema));
  const { status, report } = await check(['dump.ndjson', '--schema', 'schemas', '--lint', 'error'], folder.path);
  const told = report.findings.map(({ message }) => message);

  expect(status).toBe(why === undefined ? 0 : 1);
  expect(told).toEqual(why === undefined ? [] : [expect.stringContaining(why)]);
});
