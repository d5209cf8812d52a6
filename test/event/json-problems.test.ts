import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  describeJsonError,
  findDuplicateKeys,
  findInvalidUtf8,
  findLoneSurrogate,
} from '../../src/event/json-problems.js';
import { findSyntaxError } from '../../src/event/json-syntax.js';
import { sharedData } from '../support/shared-data.js';

/** Text with a `▶` before the byte that is expected to be the first wrong one. */
function split(marked: string): { readonly text: string; readonly offset: number } {
  const [before = '', after = ''] = marked.split('▶');
  return { text: before + after, offset: Buffer.byteLength(before) };
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('what is wrong with a text that is no JSON', () => {
  test.each([
    ['{"a":1,▶}', 'a comma before the closing }'],
    ['[1,▶]', 'a comma before the closing ]'],
    ["{▶'a':1}", 'a string in single quotes'],
    ['{"a":▶NaN}', '"NaN" is no JSON value'],
    ['[▶-Infinity]', '"-Infinity" is no JSON value'],
    ['[▶undefined]', '"undefined" is no JSON value'],
    ['[▶True]', '"True" is no JSON value'],
    ['{▶a:1}', 'the key a has no quotes'],
    ['[▶01]', 'a leading zero'],
    ['[-▶01]', 'a leading zero'],
    ['[1.▶]', 'a digit is missing behind the decimal point'],
    ['[▶.5]', 'a digit is missing before the decimal point'],
    ['[1e▶]', 'a digit is missing in the exponent'],
    ['[▶+1]', 'a plus sign before a number'],
    ['["a▶\n"]', 'a raw line feed in a string: write \\n'],
    ['["▶\u0001"]', 'a raw control character U+0001 in a string: write \\u0001'],
    ['["▶\\x41"]', 'the escape \\x does not exist'],
    ['["▶\\u12g4"]', '\\u must be followed by four hexadecimal digits'],
    ['["abc▶', 'the text ends inside a string'],
    ['["abc\\▶', 'the text ends inside a string'],
    ['{"a":{"b":1}▶', 'the text ends inside an object'],
    ['[[1]▶', 'the text ends inside an array'],
    ['{"a" ▶1}', 'a colon is missing behind the key'],
    ['{"a":1 ▶"b":2}', 'a comma is missing between two values'],
    ['{"a":▶}', 'a value is missing before }'],
    ['[▶,1]', 'a value is due, not a comma'],
    ['[1▶}', '} closes an array that [ opened'],
    ['{"a":1▶]', '] closes an object that { opened'],
    ['{} ▶{}', 'more text behind the end of the value'],
    ['{}▶,', 'a comma behind the end of the value'],
    ['{}▶}', '} closes nothing'],
    ['▶', 'there is no JSON value'],
    ['  ▶', 'there is no JSON value'],
    ['▶\ufeff{}', 'a byte order mark stands before the text'],
    ['[▶\u00a01]', 'U+00A0 outside of a string'],
    ['[1, ▶// one', 'a comment, or something else that is not JSON'],
    ['["ü",▶]', 'a comma before the closing ]'],
  ])('%j', (marked, message) => {
    const { text, offset } = split(marked);
    const bytes = Buffer.from(text);
    expect(parses(text)).toBe(false);
    expect(describeJsonError(bytes, 0, bytes.length)).toEqual({ message, offset });
  });

  test('offsets count from the start of the buffer, and nothing outside of the record is looked at', () => {
    const bytes = Buffer.from('}}[1,]]]');
    expect(describeJsonError(bytes, 2, 6)).toEqual({ message: 'a comma before the closing ]', offset: 5 });
    expect(describeJsonError(bytes, 2, 5)).toEqual({ message: 'the text ends inside an array', offset: 5 });
  });

  test('a million open brackets are no trouble', () => {
    const bytes = Buffer.alloc(1_000_000, '[');
    expect(describeJsonError(bytes, 0, bytes.length).offset).toBe(1_000_000);
  });

  test('a text is refused exactly when JSON.parse refuses it', () => {
    const mutation = fc.record({
      at: fc.nat(),
      cut: fc.nat(3),
      insert: fc.constantFrom('', ...'{}[],:"\\ue0.-+ \n\tn1'),
    });
    fc.assert(
      fc.property(
        fc.json({ depthSize: 'small' }),
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        (json, mutations) => {
          let text = json;
          for (const { at, cut, insert } of mutations) {
            const from = at % (text.length + 1);
            text = (text.slice(0, from) + insert + text.slice(from + cut)).toWellFormed();
          }
          const bytes = Buffer.from(text);
          expect(findSyntaxError(bytes, 0, bytes.length) === undefined).toBe(parses(text));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  const suite = sharedData('JSONTestSuite/test_parsing');
  test.skipIf(!existsSync(suite))('every file of JSONTestSuite is taken or refused as it should be', () => {
    for (const name of readdirSync(suite)) {
      const bytes = readFileSync(`${suite}/${name}`);
      const isText = findInvalidUtf8(bytes, 0, bytes.length) === -1;
      const isTaken = isText && findSyntaxError(bytes, 0, bytes.length) === undefined;
      if (name.startsWith('y_')) expect({ name, isTaken }).toEqual({ name, isTaken: true });
      if (name.startsWith('n_')) expect({ name, isTaken }).toEqual({ name, isTaken: false });
      if (isText) expect({ name, isTaken }).toEqual({ name, isTaken: parses(bytes.toString()) });
    }
  });
});

describe('invalid UTF-8', () => {
  test('is found exactly where and when the platform finds it', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 3 }).map((text) => Buffer.from(text.toWellFormed())),
      fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(
        ...['eda080', 'f4908080', 'e08080', 'c080', 'f0808080', 'e282'].map((hex) => Buffer.from(hex, 'hex')),
      ),
    );
    const decoder = new TextDecoder('utf-8', { fatal: true });
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const bytes = Buffer.concat(pieces);
        const at = findInvalidUtf8(bytes, 0, bytes.length);
        const whole = at === -1 ? bytes : bytes.subarray(0, at);
        expect(() => decoder.decode(whole)).not.toThrow();
        if (at !== -1) expect(() => decoder.decode(bytes)).toThrow();
      }),
    );
  });

  test('only the record is looked at', () => {
    const bytes = Buffer.from([0xff, 0x61, 0xc3, 0xa9, 0xff]);
    expect(findInvalidUtf8(bytes, 1, 4)).toBe(-1);
    expect(findInvalidUtf8(bytes, 1, 3)).toBe(2);
  });
});

describe('half surrogate pairs', () => {
  test.each([
    [String.raw`"\ud83d\ude00"`, -1],
    [String.raw`"\\ud83d"`, -1],
    [String.raw`"\\\ud83d"`, 3],
    [String.raw`"a\ud83d"`, 2],
    [String.raw`"\ude00"`, 1],
    [String.raw`"\ud83d\n\ude00"`, 1],
    [String.raw`"\ud83d\ud83d\ude00"`, 1],
    [String.raw`"\ud83d", "\ude00"`, 1],
    [String.raw`"\uD83D\uDE00\uDE00"`, 13],
    [String.raw`"\u0041\u00e9"`, -1],
    ['"😀"', -1],
  ])('%s: %d', (text, index) => {
    expect(findLoneSurrogate(text)).toBe(index);
  });
});

describe('repeated keys', () => {
  const find = (text: string) => findDuplicateKeys(Buffer.from(`  ${text}`), 2, Buffer.byteLength(text) + 2);

  test('each is named by pointer and by byte', () => {
    const text = String.raw`{"ü":1,"b":[{"x":1},{"y~":2,"y~":{"q":1,"q":2}}],"\u00fc":"{\"b\":1,\"b\":2}"}`;
    const offsetOf = (key: string) => 2 + Buffer.byteLength(text.slice(0, text.lastIndexOf(key)));
    expect(find(text)).toEqual([
      { pointer: '/b/1/y~0', offset: offsetOf('"y~"') },
      { pointer: '/b/1/y~0/q', offset: offsetOf('"q"') },
      { pointer: '/ü', offset: offsetOf(String.raw`"\u00fc"`) },
    ]);
  });

  test('equal keys of different objects, equal values and array elements are none', () => {
    expect(find('{"a":{"a":"a"},"b":[{"a":1},{"a":1},"a","a"],"c":"a","d":["a",{"d":[]},"d"]}')).toEqual([]);
  });
});
