import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { createChecksum, hashId } from '../../src/event/id-hash.js';
import { createDatabase } from '../support/postgres.js';

function hashOf(text: string, padding = 0): bigint {
  const id = Buffer.from(text);
  const bytes = Buffer.concat([Buffer.alloc(padding, 0xff), id, Buffer.alloc(8, 0xff)]);
  const out = new Uint32Array(4);
  hashId(bytes, padding, padding + id.length, out, 2);
  return (BigInt(out[3] ?? 0) << 32n) | BigInt(out[2] ?? 0);
}

const signed = (hash: bigint) => BigInt.asIntN(64, hash);

test.each([
  ['', -6939563903564495251n],
  ['a', 3591986179850072241n],
  ['abcdefgh', -8882191227074733005n],
  ['abcdefghi', -3278210106038014113n],
  ['abcdefghijk', 3112909444737856467n],
  ['abcdefghijkl', -7556637188122330412n],
  ['abcdefghijklm', 8871624171452417744n],
  ['0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', 2954563543055240862n],
  ['zürich ✓ 𝄞', 1766500200571809650n],
])('%j has the hash that PostgreSQL 15 gave it', (text, hash) => {
  expect(signed(hashOf(text))).toBe(hash);
  expect(signed(hashOf(text, 5))).toBe(hash);
});

test('PostgreSQL hashes every text to the same number', async () => {
  await using database = await createDatabase(inject('postgresUrl'));
  const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((sample) => !sample.includes('\0'));
  const texts = fc.sample(text, 2_000).map((sample) => sample.toWellFormed());
  const rows = await database.query(
    'select hashtextextended(id, 0)::text as hash from unnest($1::text[]) with ordinality as t(id, n) order by n',
    [texts],
  );
  expect(rows.map(({ hash }) => hash)).toEqual(texts.map((sample) => String(signed(hashOf(sample)))));
});

test('the checksum is the sum modulo 2^64, in any order and in any parts', () => {
  const words = fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(words, fc.nat(), (hashes, cut) => {
      const values = hashes.map(([hash]) => hash);
      const column = new Uint32Array(values.flatMap((hash) => [Number(hash & 0xffffffffn), Number(hash >> 32n)]));
      const expected = BigInt.asUintN(
        64,
        values.reduce((sum, hash) => sum + hash, 0n),
      )
        .toString(16)
        .padStart(16, '0');
      const at = cut % (values.length + 1);
      const [left, right] = [createChecksum(), createChecksum()];
      left.addAll(column, at);
      right.addAll(column, 0, at);
      left.merge(right.toString());
      expect(left.toString()).toBe(expected);
      const whole = createChecksum();
      whole.addAll(column);
      expect(whole.toString()).toBe(expected);
    }),
  );
});

test('no id has the checksum zero', () => {
  expect(createChecksum().toString()).toBe('0000000000000000');
});
