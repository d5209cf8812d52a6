import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIdTable } from '../../../src/flow/ledger/id-table.js';

test('a table holds what a map would, however its entries crowd each other and leave', () => {
  // Few words, most of them with one home: entries stand behind one another and move up.
  const word = fc.constantFrom(0, 1, 2, 1_023, 1_024, 2_048, 0xffff_ffff);
  const step = fc.record({ low: word, high: word, value: fc.nat(), isRemoval: fc.constantFrom(true, false) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const table = createIdTable();
      const map = new Map<string, number>();
      for (const { low, high, value, isRemoval } of steps) {
        if (isRemoval) {
          table.delete(low, high);
          map.delete(`${low} ${high}`);
        } else {
          table.set(low, high, value);
          map.set(`${low} ${high}`, value);
        }
        for (const each of steps) {
          if (table.get(each.low, each.high) !== map.get(`${each.low} ${each.high}`)) return false;
        }
      }
      return table.size === map.size;
    }),
  );
});

test('a table that grows keeps its entries', () => {
  const table = createIdTable();
  for (let n = 0; n < 20_000; n++) table.set(Math.imul(n, 2_654_435_761) >>> 0, n, n);
  for (let n = 0; n < 20_000; n += 2) table.delete(Math.imul(n, 2_654_435_761) >>> 0, n);
  expect(table.size).toBe(10_000);
  for (let n = 0; n < 20_000; n++) {
    expect(table.get(Math.imul(n, 2_654_435_761) >>> 0, n)).toBe(n % 2 === 0 ? undefined : n);
  }
});
