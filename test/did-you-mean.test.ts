import { expect, test } from 'vitest';
import { closest } from '../src/did-you-mean.js';

test.each([
  ['postgers', 'postgres'],
  ['cvs', 'csv'],
  ['fsh', 'fish'],
  ['Replay', 'replay'],
  ['--max-rejcted', '--max-rejected'],
  ['xyz', undefined],
  ['a', undefined],
])('%s most likely means %s', (typed, meant) => {
  expect(closest(typed, ['zsh', 'fish', 'csv', 'replay', 'postgres', '--max-rejected', '--max-rate'])).toBe(meant);
});
