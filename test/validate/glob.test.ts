import { expect, test } from 'vitest';
import { parseGlob } from '../../src/validate/glob.js';

function matches(glob: string, path: string): boolean {
  const read = parseGlob(glob);
  if ('problem' in read) throw new Error(read.problem);
  return read.matches(path.split('/'));
}

test.each([
  ['refused', 'refused/a.json'],
  ['refused', 'deep/refused/a.json'],
  ['refused/', 'refused/a.json'],
  ['*.broken.json', 'deep/a.broken.json'],
  ['refused/**', 'refused/deep/a.json'],
  ['./refused/*.json', 'refused/a.json'],
  ['**/refused/*', 'refused/a.json'],
  ['**/refused/*', 'x/y/refused/a.json'],
  ['x/*', 'x/refused/a.json'],
  ['a?c.json', 'abc.json'],
  ['[a-c]*.{json,ndjson}', 'b1.ndjson'],
  ['[!a-c]*', 'd.json'],
  ['v\\[1\\].json', 'v[1].json'],
  ['a+(b).json', 'a+(b).json'],
  ['größe-{ä,ö}', 'größe-ö'],
])('%j matches %j', (glob, path) => {
  expect(matches(glob, path)).toBe(true);
});

test.each([
  ['refused', 'refused.json'],
  ['refused/**', 'deep/refused/a.json'],
  ['x/*.json', 'x/deep/a.json'],
  ['*.broken.json', 'abroken.json'],
  ['a?c', 'a/c'],
  ['x/a[!b]c', 'x/a/c'],
  ['[!a-c]*', 'b.json'],
  ['a.c', 'abc'],
  ['a,b', 'a'],
])('%j does not match %j', (glob, path) => {
  expect(matches(glob, path)).toBe(false);
});

test.each(['', '/', '{a', 'a}', '[a', 'a]', '[z-a]', 'a\\'])('%j is no glob', (glob) => {
  expect(parseGlob(glob)).toEqual({ problem: expect.any(String) });
});
