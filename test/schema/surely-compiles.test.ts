import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadCatalog } from '../../src/schema/catalog.js';
import { Compiler } from '../../src/schema/compile.js';
import { parseDocument } from '../../src/schema/document.js';
import { surelyCompiles } from '../../src/schema/surely-compiles.js';
import { folderWith } from '../support/cli.js';

const URI = 'respool://schema/0';
const NAMES = ['a', 'b', 'c'];
const PATTERNS = ['^[a-z]+$', '(a+)+$', '(?=a)(a|a)*b$', '\\d{4}'];

/** Rules that refer to one another, in circles or not. */
const rules = fc.letrec<{ rule: object }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom({}, { type: 'string' }, { type: ['null', 'object'], required: ['a'] }, { enum: ['a', 'b'] }),
    fc.constantFrom(...PATTERNS).map((pattern) => ({ pattern })),
    fc.constantFrom('', ...NAMES).map((name) => ({ $ref: name === '' ? URI : `${URI}#/$defs/${name}` })),
    fc
      .tuple(fc.constantFrom('not', 'if', 'then', 'items', 'contains', 'additionalProperties'), tie('rule'))
      .map(toMember),
    fc
      .tuple(
        fc.constantFrom('allOf', 'anyOf', 'oneOf', 'prefixItems'),
        fc.array(tie('rule'), { minLength: 1, maxLength: 3 }),
      )
      .map(toMember),
    fc
      .tuple(fc.constantFrom('properties', 'dependentSchemas'), fc.dictionary(fc.constantFrom('a', 'b'), tie('rule')))
      .map(toMember),
  ),
})).rule;
const schemas = fc
  .tuple(rules, fc.record({ a: rules, b: rules, c: rules }))
  .map(([rule, $defs]) => ({ ...rule, $defs }));

function toMember([keyword, value]: [string, unknown]): object {
  return { [keyword]: value };
}

function documentOf(schema: object) {
  const bytes = Buffer.from(JSON.stringify(schema));
  const document = parseDocument({ uri: URI, path: 'schema.json', fileUri: URI, bytes });
  if (typeof document === 'string') throw new Error(document);
  return document;
}

function compiles(schema: object): boolean {
  const document = documentOf(schema);
  try {
    const compiler = new Compiler({ files: [document] });
    // The thorough function is made for the first event that is refused.
    for (const isThorough of [false, true]) for (const value of [null, {}]) compiler.compile(URI, isThorough)(value);
    return true;
  } catch {
    return false;
  }
}

test('what is said to compile is compiled by ajv, and checks a value without going round in circles', () => {
  let said = 0;
  fc.assert(
    fc.property(schemas, (schema) => {
      const document = documentOf(schema);
      if (!surelyCompiles([document], [document])) return true;
      said++;
      return compiles(schema);
    }),
    { numRuns: 100 },
  );

  expect(said).toBeGreaterThan(10);
});

test.each([
  ['a circle of references', { $ref: `${URI}#/$defs/a`, $defs: { a: { anyOf: [{ $ref: URI }] } } }],
  [
    'a circle inside of a member',
    { properties: { a: { $ref: `${URI}#/$defs/a` } }, $defs: { a: { not: { $ref: `${URI}#/$defs/a` } } } },
  ],
  ['a pattern that takes forever', { properties: { a: { pattern: '(?=a)(a+)+$' } } }],
  ['what only ajv understands', { multipleOf: 0 }],
  ['a reference to what is no schema', { $ref: `${URI}#/properties`, properties: { type: { type: 'string' } } }],
  ['a reference to an anchor', { $ref: `${URI}#a` }],
])('%s is left to ajv', (_, schema) => {
  const document = documentOf(schema);

  expect(surelyCompiles([document], [document])).toBe(false);
});

test('a schema may lead back to itself by a step into the value', () => {
  const document = documentOf({ type: 'object', properties: { child: { $ref: URI }, all: { items: { $ref: URI } } } });

  expect(surelyCompiles([document], [document])).toBe(true);
});

test('a catalogue that ajv refuses is refused, whether or not an event comes', async () => {
  await using folder = await folderWith({
    'circle.json': JSON.stringify({ $ref: '#/$defs/a', $defs: { a: { allOf: [{ $ref: '#' }] } } }),
    'type.json': JSON.stringify({ properties: { a: { type: 'strnig' } } }),
  });

  await expect(loadCatalog(join(folder.path, 'circle.json'))).rejects.toThrow(/circle/u);
  await expect(loadCatalog(join(folder.path, 'type.json'))).rejects.toThrow(/not a schema/u);
});
