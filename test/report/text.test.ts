import { expect, test } from 'vitest';
import { bytes, counted, duration, percent, shorten, thousands } from '../../src/report/text.js';

test('numbers have separators between thousands', () => {
  expect([0, 999, 1000, 1_234_567, 12.6].map(thousands)).toEqual(['0', '999', '1,000', '1,234,567', '13']);
  expect([counted(1, 'event'), counted(1000, 'event')]).toEqual(['1 event', '1,000 events']);
});

test('sizes use the largest unit that leaves a number above one', () => {
  expect([0, 999, 1000, 18_400_000, 377e6, 999_999, 2e15].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '18.4 MB',
    '377 MB',
    '1.0 MB',
    '2000 TB',
  ]);
});

test('durations are said as people say them', () => {
  expect([0, 812, 9_949, 12_300, 59_600, 185_000, 3_599_600, 7_800_000].map(duration)).toEqual([
    '0.0 s',
    '0.8 s',
    '9.9 s',
    '12 s',
    '1 min 00 s',
    '3 min 05 s',
    '1 h 00 min',
    '2 h 10 min',
  ]);
});

test('small shares stay visible, cut texts show the cut', () => {
  expect([percent(51, 100), percent(2, 1000), percent(1, 1e6), percent(0, 0)]).toEqual([
    '51 %',
    '0.2 %',
    '< 0.1 %',
    '0 %',
  ]);
  expect([shorten('abc', 3), shorten('abcd', 3)]).toEqual(['abc', 'ab…']);
});
