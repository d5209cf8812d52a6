import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadCatalog } from '../../src/schema/catalog.js';
import { compileCatalog } from '../../src/schema/compile.js';

const MANY = 10_000;

function members(schemaOf: (at: number) => unknown, count = 1_000): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, schemaOf(at)]));
}

/** Rules and places of what is wrong with a value. */
async function problemsOf(schema: object, value: unknown): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'respool-large-'));
  try {
    const path = join(folder, 'schema.json');
    await writeFile(path, JSON.stringify(schema));
    const checker = compileCatalog(await loadCatalog(path), { unknownEvent: 'accept' });
    return (checker.check(value, '') ?? []).map(({ rule, pointer }) => `${rule} ${pointer}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.each(['2020-12/schema', 'draft-04/schema#'])(
  'an object of 10,000 members is checked by %s, and each member by its own schema',
  async (draft) => {
    const $schema = draft.startsWith('draft')
      ? `http://json-schema.org/${draft}`
      : `https://json-schema.org/draft/${draft}`;
    const properties = {
      ...members((at) => (at % 2 === 0 ? { type: 'integer', minimum: 0 } : { $ref: '#/definitions/code' }), MANY),
      'a/b~c%': { type: 'object', required: ['x'], properties: { x: { type: 'boolean' } } },
    };
    const definitions = { code: { type: 'string', maxLength: 3 } };
    const schema = {
      $schema,
      type: 'object',
      required: ['m9999'],
      properties,
      additionalProperties: false,
      definitions,
    };

    expect(await problemsOf(schema, { m0: 1, m9999: 'abc', 'a/b~c%': { x: true } })).toEqual([]);
    expect(await problemsOf(schema, { m0: -1, m1: 'long', 'a/b~c%': { x: 0 }, else: 1 })).toEqual(
      expect.arrayContaining([
        'required /m9999',
        'minimum /m0',
        'maxLength /m1',
        'type /a~1b~0c%/x',
        'additionalProperties /else',
      ]),
    );
  },
);

test('members that were looked at are not unevaluated, wherever the many stand', async () => {
  const many = { properties: members(() => ({ type: 'integer' })) };
  const behind = { $defs: { many }, allOf: [{ $ref: '#/$defs/many' }], properties: { own: true } };
  for (const schema of [many, behind, { anyOf: [many, { required: ['x'] }] }]) {
    const closed = { ...schema, unevaluatedProperties: false };
    expect(await problemsOf(closed, { m1: 1, m999: 2 })).toEqual([]);
    expect(await problemsOf(closed, { m1: 1, m1000: 2 })).toContain('unevaluatedProperties /m1000');
  }
});

test('a schema of many members that may be anything or must not be', async () => {
  const schema = { properties: { ...members((at) => at !== 5), m7: { 'x-respool': { redact: true }, const: 1 } } };

  expect(await problemsOf(schema, { m4: 1 })).toEqual([]);
  expect(await problemsOf(schema, { m4: 1, m5: 1, m7: 'secret' })).toEqual(['false schema /m5', 'const /m7']);
});
