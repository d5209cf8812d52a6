import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countMembers, ObjectScan } from '../../../src/event/scan.js';
import { Acceptor } from '../../../src/schema/accept/acceptor.js';
import { buildNodes } from '../../../src/schema/accept/build.js';

const uri = 'respool://schema/0';

function nodesOf(schema: unknown) {
  return buildNodes({ files: [{ uri, path: 'schema.json', dialect: '2020-12', schema }] }, uri);
}

function accepts(schema: unknown, text: string | Uint8Array, scan?: ObjectScan): boolean {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const acceptor = new Acceptor();
  acceptor.begin(bytes);
  return acceptor.accepts(nodesOf(schema), 0, bytes.length, scan);
}

/** What `JSON.parse` and ajv say, and whether no key is repeated. */
function isReallyValid(schema: unknown, text: string): boolean {
  const ajv = new Ajv2020({ strict: false, logger: false, addUsedSchema: false });
  formats.default(ajv);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return false;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const scan = new ObjectScan();
  const bytes = Buffer.from(text);
  scan.read(bytes, 0, bytes.length);
  return scan.members === countMembers(value) && ajv.compile(schema as object)(value); // every schema below is an object
}

const harbour = {
  $id: uri,
  type: 'object',
  required: ['id', 'at'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    at: { type: 'string', format: 'date-time' },
    level: { type: 'integer', minimum: -50, exclusiveMaximum: 420 },
    fee: { type: ['number', 'null'] },
    berth: { enum: ['north', 'süd', null] },
    code: { type: 'string', pattern: '^[A-Z]{2}[0-9]*$', minLength: 2, maxLength: 6 },
    ship: { $ref: `${uri}#/$defs/ship` },
    tags: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3 },
    any: true,
  },
  additionalProperties: { type: ['boolean', 'string'] },
  $defs: { ship: { type: 'object', properties: { name: { const: 'Tern' } }, additionalProperties: false } },
};

const good =
  '{"id":"6f1c1d0e-1111-4222-8333-444455556666","at":"2026-03-28T06:00:00.5Z","level":-12,"fee":0.25,"berth":"süd",' +
  '"code":"AB12","ship":{"name":"Tern"},"tags":["a"],"any":[{"x":1e2}],"other":"\\u00e9\\n"}';

test('what is valid in its plain form is accepted, wherever the white space is', () => {
  expect(accepts(harbour, good.replace('1e2', '12'))).toBe(true);
  expect(
    accepts(harbour, ` ${good.replace('1e2', '-0.5').replaceAll(',', ' ,\r\n\t').replaceAll(':{', ' : { ')} `),
  ).toBe(true);
  expect(accepts({}, '{}')).toBe(true);
  expect(accepts(true, '{"a":{"b":[[],{},"",0,-1,1.5,true,false,null]}}')).toBe(true);
});

test.each([
  ['a missing member', '{"id":"6f1c1d0e-1111-4222-8333-444455556666"}'],
  ['null where a string must be', good.replace('"2026-03-28T06:00:00.5Z"', 'null')],
  ['a date that does not exist', good.replace('2026-03-28', '2026-02-30')],
  ['a number over the limit', good.replace('-12', '420')],
  ['a fraction for a whole number', good.replace('-12', '-12.5')],
  ['a word that is not in the list', good.replace('süd', 'west')],
  ['a text that the pattern refuses', good.replace('AB12', 'ab12')],
  ['a text that is too long', good.replace('AB12', 'AB12345')],
  ['a member that is not allowed', good.replace('"name":"Tern"', '"name":"Tern","x":1')],
  ['too few items', good.replace('["a"]', '[]')],
  ['an unknown member of the wrong type', good.replace('"other":"', '"more":1,"other":"')],
  ['a repeated known key', good.replace('"level":-12', '"level":-12,"level":-12')],
  ['a repeated unknown key', good.replace('"other":', '"other":true,"other":')],
  ['a repeated key deep inside', good.replace('{"x":1e2}', '{"x":1,"y":2,"x":1}')],
])('%s is not accepted', (_what, text) => {
  expect(text).not.toBe(good);
  expect(accepts(harbour, text.replace('1e2', '12'))).toBe(false);
});

test.each([
  'oneOf',
  'if',
  'patternProperties',
  'dependentRequired',
  'not',
  'multipleOf',
  'unevaluatedProperties',
  'tpye',
])('a schema with %s is left to the real check', (keyword) => {
  expect(accepts({ type: 'object', [keyword]: {} }, '{}')).toBe(false);
  expect(accepts({ properties: { a: { [keyword]: {} } } }, '{"b":1}')).toBe(true);
  expect(accepts({ properties: { a: { [keyword]: {} } } }, '{"a":1}')).toBe(false);
});

test('a schema that refers to itself is walked as deep as the event is', () => {
  const tree = { properties: { next: { $ref: uri }, n: { type: 'integer' } } };
  expect(accepts(tree, '{"n":1,"next":{"n":2,"next":{"n":3}}}')).toBe(true);
  expect(accepts(tree, '{"n":1,"next":{"n":2,"next":{"n":"3"}}}')).toBe(false);
});

test('the members are located as the scan of the whole text locates them', () => {
  const scan = new ObjectScan();
  const text = good.replace('1e2', '12');
  expect(accepts(harbour, text, scan)).toBe(true);
  const plain = new ObjectScan();
  const bytes = Buffer.from(text);
  plain.read(bytes, 0, bytes.length);
  const spans = ({ count, keyStarts, keyEnds, valueStarts, valueEnds }: ObjectScan) =>
    [keyStarts, keyEnds, valueStarts, valueEnds].map((column) => [...column.subarray(0, count)]);
  expect(spans(scan)).toEqual(spans(plain));
});

const schemas: readonly unknown[] = [
  {},
  harbour,
  { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'string', maxLength: 2 } }, required: ['b'] },
  { additionalProperties: { type: ['integer', 'null'] }, required: ['a', 'b'] },
  { properties: { a: { enum: ['x', 1, null] }, b: { const: 'y' } }, additionalProperties: false },
  { properties: { a: { items: { type: 'object', required: ['b'] }, maxItems: 2 } } },
];

const keys = fc.constantFrom('a', 'b', 'id', 'level', 'tags', 'constructor', '__proto__', 'é', '');
const leaf = fc.oneof(
  fc.constantFrom('x', 'y', 'north', 'AB', '2026-03-28T06:00:00Z', 'é', '\u{1F30A}', '"\\', 'a\nb', '\u0000'),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const { event } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf, leaf, tie('event'), fc.array(tie('value'), { maxLength: 3 })),
  event: fc.dictionary(keys, tie('value'), { maxKeys: 5 }),
}));
const edits = fc.array(
  fc.record({
    at: fc.nat(),
    drop: fc.nat({ max: 2 }),
    add: fc.constantFrom('', ',', '"', '{', '}', ':', '0', '-', '.', 'e', '\\', '\n', '1', 'null', '"a":1,'),
  }),
  { maxLength: 2 },
);

test('whatever is accepted is valid: JSON.parse, ajv and the keys agree on every text', () => {
  const edit = (text: string, { at, drop, add }: { at: number; drop: number; add: string }) => {
    const start = text.length === 0 ? 0 : at % (text.length + 1);
    return text.slice(0, start) + add + text.slice(start + drop);
  };
  let accepted = 0;
  fc.assert(
    fc.property(fc.constantFrom(...schemas), event, edits, (schema, value, changes) => {
      const text = changes.reduce(edit, JSON.stringify(value));
      if (!text.isWellFormed() || !accepts(schema, text)) return;
      accepted++;
      expect(isReallyValid(schema, text), text).toBe(true);
    }),
    { numRuns: 5_000 },
  );
  expect(accepted).toBeGreaterThan(200);
});

test('ends of the text are ends: what lies behind them never counts', () => {
  const bytes = Buffer.from('{"a":1}\n{"b":[1,2}\n');
  const acceptor = new Acceptor();
  acceptor.begin(bytes);
  for (let end = 0; end <= bytes.length; end++) {
    expect(acceptor.accepts(nodesOf({}), 0, end)).toBe(end === 7 || end === 8);
    expect(acceptor.accepts(nodesOf({}), 8, end)).toBe(false);
  }
});

test('an object of very many keys is left to the real check instead of comparing each with all', () => {
  const object = (keys: number) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, i])));
  expect(accepts({}, object(200))).toBe(true);
  expect(accepts({}, object(300))).toBe(false);
});

test('names that JSON has to escape are never found by their bytes', () => {
  const schema = (name: string) => ({ properties: { [name]: {} }, required: [name] });
  expect(accepts(schema('App\\Event'), '{"App\\Event":1}')).toBe(false);
  expect(accepts(schema('a"b'), '{"a"b":1}')).toBe(false);
});

test('a key that only resembles the one that is required does not stand in for it', () => {
  const schema = { properties: { ab: {} }, required: ['ab'] };
  expect(accepts(schema, `{"ab${'x'.repeat(65_535)}b":1}`)).toBe(false);
});
