import fc from 'fast-check';
import { expect, test } from 'vitest';
import { moveAt, removeAt, setAt } from '../../src/event/edit.js';

const json = (text: string) => Buffer.from(text);
const shown = (text: Uint8Array | undefined) => text && Buffer.from(text).toString();

test('a member is set in its place, and everything else keeps its bytes', () => {
  const text = json('{ "a":1.00, "b" : {"c":12345678901234567890} ,"d":"\\u00e9"}');
  expect(shown(setAt(text, ['b', 'c'], '2'))).toBe('{ "a":1.00, "b" : {"c":2} ,"d":"\\u00e9"}');
  expect(shown(setAt(text, ['b', 'x'], 'null'))).toBe(
    '{ "a":1.00, "b" : {"c":12345678901234567890,"x":null} ,"d":"\\u00e9"}',
  );
  expect(shown(setAt(text, ['e', 'f'], '[]'))).toBe(
    '{ "a":1.00, "b" : {"c":12345678901234567890} ,"d":"\\u00e9","e":{"f":[]}}',
  );
  expect(setAt(text, ['a', 'x'], '1')).toBeUndefined();
  expect(shown(setAt(json('{}'), ['a'], '1'))).toBe('{"a":1}');
});

test('a member is taken out with its comma, also when its key is repeated', () => {
  expect(shown(removeAt(json('{"a":1,"b":2,"c":3}'), ['a']))).toBe('{"b":2,"c":3}');
  expect(shown(removeAt(json('{"a":1,"b":2,"c":3}'), ['b']))).toBe('{"a":1,"c":3}');
  expect(shown(removeAt(json('{"a":1,"b":2,"c":3}'), ['c']))).toBe('{"a":1,"b":2}');
  expect(shown(removeAt(json('{ "a" : 1 }'), ['a']))).toBe('{  }');
  expect(shown(removeAt(json('{"a":1,"b":2,"a":3}'), ['a']))).toBe('{"b":2}');
  expect(removeAt(json('{"a":1}'), ['b'])).toBeUndefined();
});

test('a renamed member takes its digits along', () => {
  expect(shown(moveAt(json('{"a":1.50,"b":2}'), ['a'], ['c', 'd']))).toBe('{"b":2,"c":{"d":1.50}}');
});

test('whatever is set and taken out of whatever object, it is JSON and says what it should', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.string(),
      fc.jsonValue(),
      fc.constantFrom(undefined, 1, '\t'),
      (object, key, value, space) => {
        const text = json(JSON.stringify(object, undefined, space));
        const set = setAt(text, [key], JSON.stringify(value));
        expect(JSON.parse(shown(set) ?? '')).toEqual(JSON.parse(JSON.stringify({ ...object, [key]: value })));
        const { [key]: _gone, ...rest } = object;
        expect(JSON.parse(shown(removeAt(set ?? text, [key])) ?? '')).toEqual(JSON.parse(JSON.stringify(rest)));
      },
    ),
  );
});
