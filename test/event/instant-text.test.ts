import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instantText } from '../../src/event/instant-text.js';

/** What a Date says, where it is one. */
function byDate(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

const EDGES = [0, -1, 0.9, -0.9, 951_782_400_000, -62_167_219_200_000, -62_167_219_200_001, 253_402_300_799_999.5];

describe('an instant as text', () => {
  test.each([...EDGES, 253_402_300_800_000, 8.64e15, 8.64e15 + 1, Number.NaN, Number.POSITIVE_INFINITY])(
    '%s is what a Date says',
    (ms) => {
      expect(instantText(ms)).toBe(byDate(ms));
    },
  );

  test('every day of four centuries and more is what a Date says', () => {
    for (let day = -200_000; day < 200_000; day++) {
      if (instantText(day * 86_400_000 - 1) !== byDate(day * 86_400_000 - 1)) expect(day).toBe('another day');
    }
  });

  test('any number is what a Date says', () => {
    fc.assert(
      fc.property(fc.double({ min: -9e15, max: 9e15, noNaN: true }), (ms) => instantText(ms) === byDate(ms)),
      { numRuns: 20_000 },
    );
  });
});
