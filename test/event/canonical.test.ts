import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../src/event/canonical.js';

/** RFC 8785 as its author wrote it, for values that doubles hold. */
function reference(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(reference).join(',')}]`;
  const members = Object.keys(value)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((key) => `${JSON.stringify(key)}:${reference(Reflect.get(value, key))}`);
  return `{${members.join(',')}}`;
}

function shuffled(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(shuffled);
  const entries = Object.entries(value).map(([key, member]) => [key, shuffled(member)]);
  return Object.fromEntries(entries.reverse());
}

test('any JSON value comes out as RFC 8785 wants it, however it is laid out', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom(0, 2, '\t\r\n'), (value, space) => {
      const expected = reference(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(JSON.stringify(value, null, space))).toBe(expected);
      expect(canonicalJson(` ${JSON.stringify(shuffled(value))}\n`)).toBe(expected);
    }),
  );
});

test('a canonical text is its own canonical form', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const once = canonicalJson(text);
      expect(canonicalJson(once)).toBe(once);
    }),
  );
});

test('doubles are written as RFC 8785 writes them', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      expect(canonicalJson(`[${number}]`)).toBe(JSON.stringify([number]));
      expect(canonicalJson(number.toExponential())).toBe(JSON.stringify(number));
    }),
  );
});

test.each([
  ['1.0', '1'],
  ['1e0', '1'],
  ['10E-1', '1'],
  ['-0', '0'],
  ['-0.0e5', '0'],
  ['1e3', '1000'],
  ['0.10', '0.1'],
  ['100e-2', '1'],
  ['9007199254740993', '9007199254740993'],
  ['9007199254740993.0', '9007199254740993'],
  ['0.1000000000000000055511151231257827', '0.1000000000000000055511151231257827'],
  ['1e21', '1e+21'],
  ['1000000000000000000000', '1e+21'],
  ['1.5e20', '150000000000000000000'],
  ['1e999999999999999999999', '1e+999999999999999999999'],
  ['0.1e1000000000000000000000', '1e+999999999999999999999'],
  ['1e-7', '1e-7'],
  ['0.000001', '0.000001'],
  ['-12.50', '-12.5'],
])('the number %s is %s', (text, expected) => {
  expect(canonicalJson(text)).toBe(expected);
});

test('strings are escaped as little as can be', () => {
  expect(canonicalJson(String.raw`"\u0041\/\u000a\u001f\u20ac\"\\"`)).toBe(String.raw`"A/\n\u001f€\"\\"`);
});

test('keys go by UTF-16 code units after unescaping, and of repeated ones the last stays', () => {
  expect(canonicalJson(String.raw`{"\ufb33":1,"😀":2,"b":3,"\u0062":4,"1":5,"10":6,"":7}`)).toBe(
    '{"":7,"1":5,"10":6,"b":4,"😀":2,"\ufb33":1}',
  );
});

test('of keys that are repeated side by side the last stays', () => {
  expect(canonicalJson('{"a":1,"a":2,"b":3}')).toBe('{"a":2,"b":3}');
});

test('braces, commas and escaped quotes in strings are text', () => {
  const text = String.raw`{"a":"}],{\"","b\\":["\\\\","\\\""]}`;
  expect(JSON.parse(canonicalJson(text))).toEqual(JSON.parse(text));
});

test('100,000 levels are no trouble', () => {
  const depth = 100_000;
  const text = `${'[{"b":1,"a":'.repeat(depth)}0${'}]'.repeat(depth)}`;
  const canonical = canonicalJson(text);
  expect(canonical.length).toBe(text.length);
  expect(canonical.startsWith('[{"a":[{"a":')).toBe(true);
});
