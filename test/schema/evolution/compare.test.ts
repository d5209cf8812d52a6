import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Catalog, loadCatalog } from '../../../src/schema/catalog.js';
import { compileCatalog } from '../../../src/schema/compile.js';
import type { Change } from '../../../src/schema/evolution/change.js';
import { compareCatalogs } from '../../../src/schema/evolution/compare.js';
import { sampleEvent } from '../../../src/schema/evolution/sample.js';

let scratch = '';
let count = 0;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'respool-evolution-'));
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

const withX = (x: unknown, more: object = {}) => ({ type: 'object', required: ['x'], properties: { x }, ...more });
const text = { type: 'string' };

// The first schema of each is the wider one: going to the second breaks writers, coming back breaks readers.
const NARROWED: readonly (readonly [rule: string, pointer: string, wide: object, narrow: object])[] = [
  ['required', '/x', { type: 'object', properties: { x: text } }, withX(text)],
  ['type', '/x', withX({ type: ['string', 'null'] }), withX(text)],
  ['type', '/x', withX({ type: 'number' }), withX({ type: 'integer' })],
  ['enum', '/x', withX({ enum: ['a', 'b'] }), withX({ enum: ['a'] })],
  ['const', '/x', withX({}), withX({ const: 2 })],
  ['minLength', '/x', withX(text), withX({ type: 'string', minLength: 3 })],
  ['maxLength', '/x', withX({ type: 'string', maxLength: 9 }), withX({ type: 'string', maxLength: 8 })],
  ['minimum', '/x', withX({ type: 'integer' }), withX({ type: 'integer', minimum: 5 })],
  ['maximum', '/x', withX({ type: 'integer', maximum: 9 }), withX({ type: 'integer', maximum: 8 })],
  ['exclusiveMinimum', '/x', withX({ type: 'number' }), withX({ type: 'number', exclusiveMinimum: 0 })],
  ['multipleOf', '/x', withX({ type: 'integer' }), withX({ type: 'integer', multipleOf: 5 })],
  ['pattern', '/x', withX(text), withX({ type: 'string', pattern: '^[A-Z]{3}-\\d+$' })],
  ['format', '/x', withX(text), withX({ type: 'string', format: 'date-time' })],
  ['minItems', '/x', withX({ type: 'array' }), withX({ type: 'array', minItems: 2 })],
  ['uniqueItems', '/x', withX({ type: 'array' }), withX({ type: 'array', uniqueItems: true })],
  ['type', '/x/0', withX({ type: 'array', items: {} }), withX({ type: 'array', items: text })],
  ['additionalProperties', '', withX(text), withX(text, { additionalProperties: false })],
  ['properties', '/y', withX(text), withX(text, { properties: { x: text, y: text } })],
  ['anyOf', '/x', withX({ anyOf: [text, { type: 'null' }] }), withX({ anyOf: [text] })],
  ['minProperties', '', { type: 'object' }, { type: 'object', minProperties: 1 }],
];

describe('each rule that becomes stricter breaks writers, and made looser again it breaks readers', () => {
  test.each(NARROWED)('%s at "%s"', async (rule, pointer, wide, narrow) => {
    const [before, after] = [await forAll(wide), await forAll(narrow)];
    const stricter = proved(before, after);
    expect(stricter).toContainEqual(
      expect.objectContaining({
        name: '',
        verdict: 'breaking',
        breaksFor: ['writers'],
        rule,
        pointer,
        acceptedBy: 'before',
      }),
    );
    expect(stricter.flatMap(({ breaksFor = [] }) => breaksFor)).not.toContain('readers');
    const looser = proved(after, before);
    expect(looser).toContainEqual(
      expect.objectContaining({
        name: '',
        verdict: 'breaking',
        breaksFor: ['readers'],
        rule,
        pointer,
        acceptedBy: 'after',
      }),
    );
    expect(looser.flatMap(({ breaksFor = [] }) => breaksFor)).not.toContain('writers');
  });
});

test('the partition key that becomes optional for one event name breaks the readers of that name only', async () => {
  const key = { occurred_at: { type: 'string', format: 'date-time' }, id: { type: 'string', format: 'uuid' } };
  const strict = { type: 'object', required: ['id', 'occurred_at'], properties: key };
  const before = await byName({ signed_up: strict, paid: strict });
  const after = await byName({ signed_up: { ...strict, required: ['id'] }, paid: strict });
  expect(proved(before, after).map(({ message: _, ...change }) => change)).toEqual([
    { name: 'paid', verdict: 'compatible', rule: 'same', pointer: '' },
    {
      name: 'signed_up',
      verdict: 'breaking',
      breaksFor: ['readers'],
      rule: 'required',
      pointer: '/occurred_at',
      acceptedBy: 'after',
      witness: '{"id":"0190a3f0-7c1b-4d2e-8f3a-5b6c7d8e9f00"}',
    },
  ]);
});

test('every witness has the name of its event: without it, it would be checked against another schema', async () => {
  const named = (name: string, more: object) => ({
    type: 'object',
    required: ['name'],
    properties: { name: { const: name }, ...more },
  });
  const before = await byName({ a: named('a', {}) });
  const after = await byName({ a: { ...named('a', { x: text }), required: [] }, b: named('b', { x: text }) });
  const changes = compareCatalogs(before, after, { unknownEvent: 'accept' });
  const witnesses = changes.flatMap(({ name, witness }) =>
    witness === undefined ? [] : [[name, JSON.parse(witness)]],
  );

  expect(witnesses).toEqual([
    ['a', { name: 'a', x: {} }],
    ['b', { name: 'b', x: {} }],
  ]);
  expect(changes.filter(({ pointer }) => pointer === '/name')).toEqual([]);
});

test('names that come and go are changes, each with its witness', async () => {
  const [before, after] = [
    await byName({ a: withX(text), b: withX(text) }),
    await byName({ b: withX(text), c: withX(text) }),
  ];
  expect(proved(before, after).map(({ name, rule, breaksFor }) => [name, rule, breaksFor])).toEqual([
    ['a', 'event_removed', ['writers']],
    ['b', 'same', undefined],
    ['c', 'event_added', ['readers']],
  ]);
});

test.each([
  [
    'the order of keywords and annotations',
    withX({ type: ['string', 'null'], title: 'a' }),
    withX({ title: 'b', type: ['null', 'string'] }),
  ],
  [
    'a rule that moves into allOf',
    withX(text),
    { type: 'object', allOf: [{ required: ['x'] }, { properties: { x: text } }] },
  ],
  ['a rule that moves into $defs', withX(text), withX({ $ref: '#/$defs/a' }, { $defs: { a: text } })],
  ['a limit of another kind of value', withX(text), withX({ type: 'string', minimum: 3 })],
])('%s changes nothing', async (_, one, other) => {
  expect(proved(await forAll(one), await forAll(other)).map(({ verdict }) => verdict)).toEqual(['compatible']);
});

test('a difference for which no event is found is undecided, never compatible', async () => {
  const hard = withX({ type: 'string', pattern: '^(?=.*q7)(?=.*z9).{31}$' });
  const harder = withX({ type: 'string', pattern: '^(?=.*q7)(?=.*z8).{31}$' });
  expect(proved(await forAll(hard), await forAll(harder))).toMatchObject([
    { verdict: 'undecided', rule: 'pattern', pointer: '/x' },
  ]);
});

test('what cannot be followed to its end is never called compatible', async () => {
  const nested = (depth: number, leaf: unknown): unknown => (depth === 0 ? leaf : withX(nested(depth - 1, leaf)));
  const patterned = (leaf: unknown) => ({ type: 'object', patternProperties: { '^(?=.*q7)(?=.*z9).{31}$': leaf } });
  const dynamic = (leaf: unknown) => ({ $dynamicRef: '#a', $defs: { a: { $dynamicAnchor: 'a', ...withX(leaf) } } });
  for (const schema of [(leaf: unknown) => nested(20, leaf), patterned, dynamic]) {
    const [before, after] = [await forAll(schema({ type: 'integer' })), await forAll(schema(text))];
    expect(proved(before, after).map(({ verdict }) => verdict)).not.toContain('compatible');
  }
});

test('a sample is a valid event, and there is none where nothing can be valid', async () => {
  const catalog = await forAll(withX({ type: 'integer', minimum: 7, multipleOf: 5 }));
  expect(sampleEvent(catalog, '')).toEqual({ x: 10 });
  expect(sampleEvent(await forAll(withX(false)), '')).toBeUndefined();
});

/** The changes, after every witness was shown to both checkers anew. */
function proved(before: Catalog, after: Catalog): readonly Change[] {
  const changes = compareCatalogs(before, after);
  for (const { name, verdict, witness, acceptedBy } of changes) {
    expect(witness !== undefined).toBe(verdict === 'breaking');
    if (witness === undefined) continue;
    const accepts = [before, after].map((catalog) => {
      const unknownEvent = name === '' ? 'accept' : 'reject';
      return compileCatalog(catalog, { unknownEvent }).check(JSON.parse(witness), name) === undefined;
    });
    expect(accepts).toEqual([acceptedBy === 'before', acceptedBy === 'after']);
  }
  return changes;
}

async function forAll(schema: unknown): Promise<Catalog> {
  const file = join(scratch, `${++count}.json`);
  await writeFile(file, JSON.stringify(schema));
  return loadCatalog(file);
}

async function byName(schemas: Readonly<Record<string, unknown>>): Promise<Catalog> {
  const folder = join(scratch, String(++count));
  await mkdir(join(folder, 'events'), { recursive: true });
  for (const [name, schema] of Object.entries(schemas))
    await writeFile(join(folder, 'events', `${name}.schema.json`), JSON.stringify(schema));
  return loadCatalog(folder);
}
