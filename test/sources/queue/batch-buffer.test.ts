import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBuffer } from '../../../src/sources/queue/batch-buffer.js';
import type { Message } from '../../../src/sources/queue/driver.js';

const receives = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 });

function messagesOf(sizes: readonly number[]): Message<number>[][] {
  let next = 0;
  return sizes.map((size, receive) =>
    Array.from({ length: size }, () => ({
      key: `${next++}`,
      handle: receive,
      letter: { kind: 'test', queue: 'queue', body: '{}' },
    })),
  );
}

function batchesOf(sizes: readonly number[], cuts: boolean, most: number): (readonly Message<number>[])[] {
  const buffer = createBuffer<number>({ most, cuts });
  for (const received of messagesOf(sizes)) buffer.put(received);
  const batches: (readonly Message<number>[])[] = [];
  while (!buffer.isEmpty) batches.push(buffer.take());
  return batches;
}

test('every message is in one batch, in order, and none has more than it may', () => {
  fc.assert(
    fc.property(receives, fc.integer({ min: 1, max: 12 }), (sizes, most) => {
      const batches = batchesOf(sizes, true, most);
      expect(batches.flat().map(({ key }) => Number(key))).toEqual(batches.flat().map((_, at) => at));
      expect(batches.flat()).toHaveLength(sizes.reduce((sum, size) => sum + size, 0));
      expect(Math.max(...batches.map(({ length }) => length))).toBeLessThanOrEqual(most);
    }),
  );
});

test('what is locked together is never in two batches, which are as large as they may be else', () => {
  fc.assert(
    fc.property(receives, fc.integer({ min: 1, max: 12 }), (sizes, most) => {
      const batches = batchesOf(sizes, false, most);
      const receivesIn = batches.map((batch) => [...new Set(batch.map(({ handle }) => handle))]);
      expect(receivesIn.flat()).toEqual(sizes.map((_, receive) => receive));
      for (const [at, batch] of batches.entries()) {
        const next = receivesIn[at + 1]?.[0];
        expect(batch.length <= most || receivesIn[at]?.length === 1).toBe(true);
        if (next !== undefined) expect(batch.length + (sizes[next] ?? 0)).toBeGreaterThan(most);
      }
    }),
  );
});
