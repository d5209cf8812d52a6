import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RespoolError } from '../../src/errors.js';
import { loadCatalog } from '../../src/schema/catalog.js';

const fixtures = fileURLToPath(new URL('../../fixtures/schemas/', import.meta.url));
let scratch = '';

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'respool-schema-'));
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('each case of fixtures/schemas/errors is refused with all that is wrong', () => {
  test.each(readdirSync(`${fixtures}errors`))('%s', async (name) => {
    const path = `${fixtures}errors/${name}/`;
    const schema = existsSync(`${path}schema`) ? `${path}schema` : `${path}schema.json`;
    expect(await refusal(schema, path)).toBe(readFileSync(`${path}error.txt`, 'utf8'));
  });
});

test.each([
  ['nowhere.json', 'schema_not_found: there is no schema at nowhere.json'],
  [
    'https://example.com/a.json',
    'schema_not_found: schemas are not fetched over the network: https://example.com/a.json',
  ],
])('%s is refused', async (path, message) => {
  expect(await refusal(path)).toBe(`${message}\n`);
});

test('a schema of ten thousand levels is refused with a sentence, and one of a few hundred is not', async () => {
  const nested = (levels: number) => `${'{"not":'.repeat(levels)}{}${'}'.repeat(levels)}`;
  await writeFile(join(scratch, 'deep.json'), nested(10_000));
  await writeFile(join(scratch, 'fair.json'), nested(300));

  expect(await refusal(join(scratch, 'deep.json'))).toContain('deep.json: nested more than 1000 deep');
  expect((await loadCatalog(join(scratch, 'fair.json'))).files).toHaveLength(1);
});

test('bytes that are not UTF-8 are refused, a byte order mark is not', async () => {
  await writeFile(join(scratch, 'latin1.json'), Buffer.from('{"title": "\xfc"}', 'latin1'));
  await writeFile(join(scratch, 'bom.json'), '\ufeff{"type": "object"}');
  expect(await refusal(join(scratch, 'latin1.json'))).toContain('latin1.json: the file is not UTF-8');
  expect((await loadCatalog(join(scratch, 'bom.json'))).files).toHaveLength(1);
});

test('a folder gives its schemas by name and version, and what the schema says of its fields', async () => {
  const catalog = await loadCatalog(`${fixtures}checks/folder/schema`);
  expect(catalog.events.map(({ name }) => name)).toEqual(['order/paid', 'signed_up']);
  expect(catalog.files.map(({ path }) => path).sort((a, b) => (a < b ? -1 : 1))).toEqual([
    'common/money.json',
    'common/plan.schema.json',
    'envelope.schema.json',
    'events/order%2Fpaid.schema.json',
    'events/signed_up.schema.json',
  ]);
  expect(catalog.annotation).toEqual({ id: '/event_id', name: '/name', time: '/occurred_at', user: '/user/id' });
  const versions = await loadCatalog(`${fixtures}checks/versions/schema`);
  expect(versions.events.map(({ version }) => version)).toEqual(['1', '2.10', '2.9', 'v3.0.0-beta', 'v3.0.0']);
});

test('formats that are not known are warned of', async () => {
  const { warnings } = await loadCatalog(`${fixtures}checks/formats/schema.json`);
  expect(warnings).toEqual(['schema.json#/properties/m: the format "money" is not known and not checked']);
});

test('the fingerprint goes by content wherever it lies, and changes with every file that takes part', async () => {
  const original = `${fixtures}checks/folder/schema`;
  const copy = join(scratch, 'copy');
  await cp(original, copy, { recursive: true });
  const { fingerprint } = await loadCatalog(original);
  expect(fingerprint).toMatch(/^[\da-f]{64}$/u);
  expect((await loadCatalog(copy)).fingerprint).toBe(fingerprint);
  await rename(join(copy, 'events/signed_up.schema.json'), join(copy, 'events/signed_in.schema.json'));
  expect((await loadCatalog(copy)).fingerprint).not.toBe(fingerprint);
  await rename(join(copy, 'events/signed_in.schema.json'), join(copy, 'events/signed_up.schema.json'));
  await writeFile(join(copy, 'common/money.json'), '{}');
  expect((await loadCatalog(copy)).fingerprint).not.toBe(fingerprint);
});

/** Code and message of the error, without the folder. */
async function refusal(schema: string, folder = ''): Promise<string> {
  try {
    await loadCatalog(schema);
  } catch (error) {
    if (!(error instanceof RespoolError)) throw error;
    expect(error.exitCode).toBe(3);
    return `${error.code}: ${folder === '' ? error.message : error.message.replaceAll(folder, '')}\n`;
  }
  return 'no error\n';
}
