import { expect, test } from 'vitest';
import { sinceAskedLast, summed } from '../../src/replay/warnings.js';

const clock = "this machine's clock is 7 s ahead of Mixpanel's, which counts";

test('what a sink has found out in one slice is its count without those of the slices before', () => {
  const first = [clock, 'at least 2 times an id came twice', '1,999 × long texts'];
  const second = [clock, 'at least 2 times an id came twice', '4,000 × long texts', '3 × others'];
  const told = [first, second];
  const found = sinceAskedLast(() => told.shift() ?? []);
  expect(found()).toEqual(first);
  expect(found()).toEqual([clock, '2,001 × long texts', '3 × others']);
});

test('the same finding of several slices is one, with the sum of its counts', () => {
  expect(summed([clock, '1,999 × long texts', 'at least 2 times an id came twice', clock, '2 × long texts'])).toEqual([
    clock,
    '2,001 × long texts',
    'at least 2 times an id came twice',
  ]);
});
