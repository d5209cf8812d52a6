import { expect, test } from 'vitest';
import { createDigestSet } from '../../../src/sources/queue/digest-set.js';

test('every text is known once it was added and none before, short or long, of ASCII or not', () => {
  const set = createDigestSet();
  const texts = Array.from({ length: 20_000 }, (_, n) => [
    String(n),
    `${n}`.padStart(40, '0'),
    `ä${n}`,
    `\0${n}`,
  ]).flat();
  const known = texts.filter((text) => set.has(text) || !set.add(text));
  const unknown = texts.filter((text) => !set.has(text) || set.add(text));

  expect(known).toEqual([]);
  expect(unknown).toEqual([]);
  expect(set.size).toBe(80_000);
});
