import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadCatalog } from '../../src/schema/catalog.js';
import type { Problem } from '../../src/schema/check.js';
import { compileCatalog } from '../../src/schema/compile.js';

test('a problem tells the guilty value as JSON, cut to 200 characters, and none for a missing member', async () => {
  const schema = { required: ['id'], properties: { n: { minimum: 5 }, s: { maxLength: 3 } } };
  const [missing, small, long] = (await problems(schema, { n: 1, s: 'x'.repeat(500) })) ?? [];
  expect(missing).not.toHaveProperty('value');
  expect(small?.value).toBe('1');
  expect(long?.value).toHaveLength(200);
});

test('a value that a schema redacts stands neither in values nor in messages, however it is reached', async () => {
  const secret = { 'x-respool': { redact: true } };
  const schema = {
    $defs: {
      key: { ...secret, type: 'string', pattern: '^k', maxLength: 2, enum: ['k1'], const: 'k1', format: 'date' },
    },
    properties: {
      key: { $ref: '#/$defs/key' },
      card: { ...secret, properties: { number: { type: 'integer', not: {} } }, propertyNames: { maxLength: 7 } },
    },
    not: { required: ['key'] },
  };
  const found = await problems(schema, { key: 'hidden-1', card: { number: 'hidden-2', 'hidden-3': 1 }, open: 'shown' });
  expect(found?.map(({ rule }) => rule)).toEqual(
    expect.arrayContaining(['pattern', 'maxLength', 'enum', 'const', 'format', 'type', 'not']),
  );
  expect(JSON.stringify(found)).not.toContain('hidden-1');
  expect(JSON.stringify(found)).not.toContain('hidden-2');
  expect(found?.find(({ pointer }) => pointer === '')?.value).toContain('shown');
});

test('any JSON value can be checked, not objects only', async () => {
  expect(await problems({ type: 'array' }, [1])).toBeUndefined();
  expect(await problems({ type: 'array' }, null)).toMatchObject([{ rule: 'type', value: 'null' }]);
});

const payment = {
  oneOf: [
    { $ref: '#/$defs/card' },
    {
      title: 'transfer',
      type: 'object',
      required: ['iban'],
      properties: {
        kind: { const: 'transfer' },
        bic: { anyOf: [{ type: 'string', pattern: '^[A-Z]+$' }, { type: 'object' }] },
      },
    },
    { type: 'null' },
  ],
  $defs: { card: { type: 'object', required: ['number'], properties: { kind: { const: 'card' } } } },
};

test.each([
  [{ kind: 'card' }, ['/number: "number" is missing (alternative 1 of 3, which came closest)']],
  [{ kind: 'transfer' }, ['/iban: "iban" is missing (alternative 2 of 3 (transfer), which came closest)']],
  [
    { kind: 'transfer', iban: 'x', bic: 'abc' },
    ['/bic: "abc" does not match ^[A-Z]+$ (alternative 1 of 2, which came closest)'],
  ],
  [7, [': must be an object or null, is the number 7']],
])('of several alternatives, %j is told what the one that comes closest has against it', async (value, told) => {
  const found = await problems(payment, value);

  expect(found?.map(({ pointer, message }) => `${pointer}: ${message}`)).toEqual(told);
});

test('names of members inside of what is redacted are not told', async () => {
  const secret = { 'x-respool': { redact: true }, additionalProperties: { type: 'number' }, required: ['known'] };
  const found = await problems({ properties: { secret } }, { secret: { 'ada@harbour.example': 'x', b: { c: 1 } } });

  expect(found?.map(({ pointer }) => pointer)).toEqual(['/secret/known', '/secret/*', '/secret/*']);
  expect(JSON.stringify(found)).not.toContain('ada@');
});

test('members that every object inherits do not count as present', async () => {
  const names = ['constructor', 'toString', '__proto__'];
  const found = await problems({ required: names, properties: { toString: { type: 'string' } } }, {});
  expect(found?.map(({ rule, pointer }) => rule + pointer)).toEqual(names.map((name) => `required/${name}`));
});

test.each([
  '^(a+)+$',
  '^(a|a)*$',
  '(\\w+\\s?)*$',
  '^foo([a-z]+)*bar$',
  '^(?:[0-9]*,?)+;$',
  '^(.*)(.*)(.*)(.*)(.*)x$',
  'a*a*a*a*a*b',
  '\\s+$',
])('the pattern %s comes to an end on every text', async (pattern) => {
  const texts = ['a', ' ', '0,', 'foo', 'a '].map((text) => `${text.repeat(20_000)}!`);
  const started = performance.now();
  const found = await problems({ items: { pattern } }, texts);

  expect(found?.length ?? 0).toBe(pattern === '(\\w+\\s?)*$' ? 0 : texts.length);
  expect(performance.now() - started).toBeLessThan(20_000);
});

test('a pattern that needs more than RE2 has is refused where a short text could make it hang', async () => {
  const schema = { properties: { a: { pattern: '^(?=x)(a+)+$' } } };

  await expect(problems(schema, {})).rejects.toThrow('could take forever');
});

test('a pattern that needs more than RE2 has and does not come to an end is what is wrong with the event', async () => {
  const schema = { properties: { a: { pattern: '^(?!y)(.*)(.*)(.*)(.*)(.*)x$' } } };

  expect(await problems(schema, { a: 'a'.repeat(20_000) })).toMatchObject([{ rule: 'slow_pattern' }]);
});

test.each([
  ['^(?:.|b)+$', 'a\u2028a', 'a'],
  ['^(?:\\s|b)+$', 'a', '\u00a0b'],
  ['^(?:[\\s[]|b)+$', 'a', '\u00a0['],
  ['^(?:\\u0041|b)+$', 'a', 'Ab'],
  ['^(?:\\p{Lu}|-)+$', 'a', 'É-'],
])('the pattern %s means the same on long texts and on short ones', async (pattern, wrong, right) => {
  const texts = [1, 100].flatMap((times) => [right.repeat(times), `${right.repeat(times)}${wrong}\n`]);

  expect((await problems({ items: { pattern } }, texts))?.map(({ pointer }) => pointer)).toEqual(['/1', '/3']);
});

test.each(['^[a-z]+(-[a-z]+)*$', '^(\\d{3}-)+\\d+$', '^(?:[A-Z][a-z]*\\.)*x$', '^(a|b)+$', '^\\(+$', '^[(+)+]*$'])(
  'the pattern %s is an ordinary one',
  async (pattern) => {
    expect(await problems({ pattern }, '\n')).toMatchObject([{ rule: 'pattern' }]);
  },
);

async function problems(schema: unknown, value: unknown): Promise<readonly Problem[] | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'respool-'));
  try {
    await writeFile(join(folder, 'schema.json'), JSON.stringify(schema));
    return compileCatalog(await loadCatalog(join(folder, 'schema.json')), { unknownEvent: 'accept' }).check(value, '');
  } finally {
    await rm(folder, { recursive: true });
  }
}
