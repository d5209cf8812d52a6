import { expect, test } from 'vitest';
import { byVersion } from '../../src/schema/versions.js';

test('versions go by number, pre-releases before releases, words before numbers', () => {
  const ordered = [
    'draft',
    '1',
    '1.2',
    '1.9',
    '1.10',
    'v2-alpha',
    'v2-beta.2',
    'v2-beta.10',
    '2',
    '2024_01',
    '2024_02',
  ];
  const compared = ordered.map((a) => ordered.map((b) => Math.sign(byVersion(a, b))));
  expect(compared).toEqual(ordered.map((_, i) => ordered.map((__, j) => Math.sign(i - j))));
});
