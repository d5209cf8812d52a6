import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAjv } from '../../src/schema/ajv.js';
import type { Dialect } from '../../src/schema/dialect.js';
import { isPlainSchema } from '../../src/schema/plain-schema.js';

const DIALECTS: readonly Dialect[] = ['draft-06', 'draft-07', '2019-09', '2020-12'];
const engines = new Map([...DIALECTS, 'draft-04' as const].map((dialect) => [dialect, createAjv(dialect, false)]));
const KEYWORDS =
  `title description $comment format $schema $id $ref uniqueItems readOnly writeOnly deprecated maximum minimum
  exclusiveMaximum exclusiveMinimum maxLength minLength maxItems minItems maxProperties minProperties const default
  additionalProperties items not if then else contains propertyNames unevaluatedProperties properties $defs definitions
  dependentSchemas allOf anyOf oneOf prefixItems examples pattern required enum type multipleOf $anchor dependentRequired`.split(
    /\s+/u,
  );
const VALUES = [
  null,
  true,
  0,
  1,
  -1,
  1.5,
  '',
  'a',
  'string',
  '(',
  'a b',
  '\\',
  'http://x y',
  '#/$defs/a',
  [],
  ['a'],
  ['a', 'a'],
  ['string'],
  [1],
];
const RULES = [
  {},
  { type: 'string' },
  { type: 'text' },
  [{}],
  [true],
  { a: {} },
  { a: { type: 'x' } },
  { a: 1 },
  { a: ['b'] },
];

function isSchema(schema: object, dialect: Dialect): boolean {
  return engines.get(dialect)?.validateSchema(schema) === true;
}

test('what is called plain is a schema by the meta-schema of its draft, whatever a keyword holds', () => {
  const schemas = KEYWORDS.flatMap((keyword) => [...VALUES, ...RULES].map((value) => ({ [keyword]: value })));
  const nested = schemas.flatMap((schema) => [schema, { properties: { a: schema } }, { allOf: [schema] }]);
  const wrong = DIALECTS.flatMap((dialect) =>
    nested.filter((schema) => !('$schema' in schema) && isPlainSchema(schema, dialect) && !isSchema(schema, dialect)),
  );

  expect(wrong.map((schema) => JSON.stringify(schema))).toEqual([]);
});

test('most schemas are plain', () => {
  const folder = join(import.meta.dirname, '../../fixtures/schemas/checks');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('schema.json'),
  );
  const plain = files.filter((path) => isPlainSchema(JSON.parse(readFileSync(join(folder, path), 'utf8')), '2020-12'));

  expect(plain.length).toBeGreaterThan(files.length / 3);
  expect(isPlainSchema({ type: 'strnig' }, '2020-12')).toBe(false);
  expect(isPlainSchema({ type: 'string' }, 'draft-04')).toBe(false);
});
