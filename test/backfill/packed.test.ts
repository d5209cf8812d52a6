import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lengthsOf, pack, unpack } from '../../src/backfill/slices/packed.js';

const column = fc.oneof(
  fc.uint8Array({ maxLength: 40_000 }),
  fc.uint32Array({ maxLength: 9 }),
  fc.float64Array({ maxLength: 5_000 }),
);
const data = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    column,
    fc.double(),
    fc.string(),
    fc.constant(undefined),
    fc.constant(null),
    fc.array(fc.string()),
    fc.array(tie('value')),
    fc.record({ first: tie('value'), second: tie('value') }),
  ),
})).value;

test('records that are written behind one another come back as they were, whatever columns are in them', () => {
  fc.assert(
    fc.property(fc.array(data, { minLength: 1, maxLength: 4 }), (values) => {
      const file = Buffer.from(Uint8Array.from(values.flatMap((value) => [...Buffer.concat(pack(value))])).buffer);
      let at = 0;
      for (const value of values) {
        const { head, whole } = lengthsOf(file.subarray(at));
        expect(unpack(file.subarray(at, at + whole))).toEqual(value);
        expect(() => unpack(file.subarray(at, at + 8 + head))).not.toThrow();
        at += whole;
      }
      expect(at).toBe(file.length);
    }),
    { numRuns: 60 },
  );
});
