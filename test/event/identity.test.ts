import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { contentId, idText } from '../../src/event/identity.js';

test('the id of a content is a UUID of version 8 that holds its SHA-256', () => {
  const id = contentId('{"a":1}');
  const digest = createHash('sha256').update('{"a":1}').digest('hex');
  expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/u);
  expect(id.slice(0, 13)).toBe(`${digest.slice(0, 8)}-${digest.slice(8, 12)}`);
  expect(id.slice(-12)).toBe(digest.slice(20, 32));
});

test('ids do not change from release to release', () => {
  expect(contentId('{}')).toBe('44136fa3-55b3-878a-9146-ad16f7e8649e');
});

test('the first occurrence has the id of the content, every later one its own', () => {
  expect(contentId('{}', 1)).toBe(contentId('{}'));
  expect(new Set([1, 2, 3, 11].map((occurrence) => contentId('{}', occurrence))).size).toBe(4);
});

test.each([
  ['a string as it is', ' 007 ', undefined, ' 007 '],
  ['an integer', 42, undefined, '42'],
  ['minus zero', -0, undefined, '0'],
  ['1e3', 1000, '1e3', '1000'],
  ['digits beyond 2^53', 9_007_199_254_740_992, '9007199254740993', '9007199254740993'],
  ['17850.50', 17_850.5, '17850.50', '17850.5'],
  ['a fraction without its digits', 0.5, undefined, '0.5'],
  ['the empty string: none', '', undefined, undefined],
  ['null: none', null, undefined, undefined],
  ['absent: none', undefined, undefined, undefined],
])('as an id, %s', (_, value, raw, expected) => {
  expect(idText(value, raw)).toBe(expected);
});

test.each([true, false, [], ['a'], {}])('%j is no id', (value) => {
  expect(idText(value, undefined)).toEqual({
    code: 'id_not_scalar',
    message: expect.stringMatching(/the id is an? /u),
  });
});
