import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createStretches } from '../../src/flow/state/stretches.js';

test('stretches merge with their neighbours, in whatever order they come', () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { maxLength: 30 });
  fc.assert(
    fc.property(cuts, fc.infiniteStream(fc.nat()), (inner, ranks) => {
      const bounds = [0, ...inner.toSorted((a, b) => a - b), 1_000];
      const pieces = bounds.slice(0, -1).map((from, i) => ({ part: 0, from, to: bounds[i + 1] ?? 0, lines: 2 }));
      const ranked = pieces.map((piece) => ({ piece, rank: ranks.next().value ?? 0 }));
      const stretches = createStretches();
      for (const { piece } of ranked.toSorted((a, b) => a.rank - b.rank)) stretches.add(piece);
      expect(stretches.list()).toEqual([{ part: 0, from: 0, to: 1_000, lines: 2 * pieces.length }]);
    }),
  );
});

test('what is settled in front of a position counts its lines, what lies behind does not', () => {
  const stretches = createStretches([
    { part: 0, from: 0, to: 100, lines: 10 },
    { part: 0, from: 200, to: 300, lines: 5 },
    { part: 1, from: 0, to: 50, lines: 7 },
  ]);
  expect(stretches.linesBefore(0, 200)).toBe(10);
  expect(stretches.linesBefore(0, 300)).toBe(15);
  expect(stretches.linesBefore(1, 10)).toBe(0);
});

test('a stretch is covered only when no byte of it is missing', () => {
  const stretches = createStretches([
    { part: 0, from: 0, to: 100, lines: 1 },
    { part: 0, from: 150, to: 200, lines: 1 },
  ]);
  expect(stretches.covers(0, 20, 100)).toBe(true);
  expect(stretches.covers(0, 90, 160)).toBe(false);
  expect(stretches.covers(1, 0, 1)).toBe(false);
});
