import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  // What has changed between two schemas is named by keywords of JSON Schema, which are no codes.
  .filter((path) => path.endsWith('.ts') && !/^schema\/evolution\/(?!read-before)/u.test(path))
  .map((path) => readFileSync(join(root, 'src', path), 'utf8'))
  .join('\n');
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
const entries = new Map([...page.matchAll(/^### `([^`]+)`\n(.*)$/gmu)].map(([, code = '', text = '']) => [code, text]));

test('every code in the source has an entry in docs/errors.md', () => {
  expect(codesInSource().filter((code) => !entries.has(code))).toEqual([]);
});

test('every entry of docs/errors.md is a code that the source still has', () => {
  const codes = new Set(codesInSource());
  expect([...entries.keys()].filter((code) => !codes.has(code))).toEqual([]);
});

test('no code has two entries', () => {
  expect([...page.matchAll(/^### /gmu)]).toHaveLength(entries.size);
});

test('the exit codes in docs/errors.md are those of the errors', () => {
  const exits = { UsageError: 3, CannotEvaluateError: 2, IncompleteError: 4 };
  const thrown = source.matchAll(
    /new (UsageError|CannotEvaluateError|IncompleteError)\((?:(?!\bcode:).)*\bcode: '(\w+)'/gsu,
  );
  const found = [...thrown].map(([, name, code = '']) => ({ code, exit: exits[name as keyof typeof exits] })); // as the pattern says

  expect(found.length).toBeGreaterThan(50);
  expect(found.filter(({ code, exit }) => !entries.get(code)?.startsWith(`Exit ${exit}.`))).toEqual([]);
});

/** Codes stand as `code: 'name'`, also behind a condition; rules of respool's own as `rule: 'name'`. */
function codesInSource(): string[] {
  const values = [...source.matchAll(/\b(?:code|rule): ([^,};)]*)/gu)].map(([, value = '']) => value);
  const names = values.flatMap((value) => [...value.replace(/[=!]== '[^']*'/gu, '').matchAll(/'([a-z][\w]*)'/gu)]);
  const listed = [...source.matchAll(/\bcode:((?:\s*\| '\w+')+)/gu)].flatMap(([, text = '']) => [
    ...text.matchAll(/'(\w+)'/gu),
  ]);
  const codes = [...names, ...listed].map(([, code = '']) => code);
  return /code: `sqlstate_\$\{/u.test(source) ? [...codes, 'sqlstate_…'] : codes;
}
