import { expect, test } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { formatPointer, parsePointer, valueAt } from '../../src/event/pointer.js';

test.each([
  ['/properties/id', ['properties', 'id']],
  ['id', ['id']],
  ['$insert_id', ['$insert_id']],
  ['properties.time', ['properties.time']],
  ['/a~1b/m~0n', ['a/b', 'm~n']],
  ['/~01', ['~1']],
  ['/', ['']],
])('%s is read as the tokens %j', (text, tokens) => {
  expect(parsePointer(text)).toEqual(tokens);
});

test.each(['', '#/id', 'a/b', '/a~2', '/a~'])('%j is refused with a next step', (text) => {
  expect(() => parsePointer(text)).toThrow(UsageError);
  expect(() => parsePointer(text)).toThrow(expect.objectContaining({ code: 'bad_pointer', hint: expect.any(String) }));
});

test('a pointer survives being written and read', () => {
  const tokens = ['a/b', '~', '', '~1', 'ü'];
  expect(parsePointer(formatPointer(tokens))).toEqual(tokens);
});

test.each([
  ['/a/b', 1],
  ['/list/1/c', 2],
  ['/list/01', undefined],
  ['/list/-', undefined],
  ['/list/length', undefined],
  ['/text/length', undefined],
  ['/nothing/deeper', undefined],
  ['/toString', undefined],
  ['/__proto__', undefined],
  ['/', 'empty'],
])('%s finds %j', (pointer, expected) => {
  const value = { a: { b: 1 }, list: [0, { c: 2 }], text: 'abc', nothing: null, '': 'empty' };
  expect(valueAt(value, parsePointer(pointer))).toEqual(expected);
});

test('a member that is really called __proto__ is found', () => {
  expect(valueAt(JSON.parse('{"__proto__": 7}'), ['__proto__'])).toBe(7);
});
