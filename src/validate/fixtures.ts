import { basename, dirname, normalize, relative, resolve, sep } from 'node:path';
import type { Expectation } from './examination.js';
import type { Glob } from './glob.js';

/** Which names tell what a fixture should be; where there are none, the usual names do. */
export interface FixturePatterns {
  readonly valid: readonly Glob[];
  readonly invalid: readonly Glob[];
}

/** What the files of a run promise, and what is odd about them. */
export interface Fixtures {
  expects(path: string): Expectation;
  /** Patterns that match nothing, files that match both kinds or none. */
  readonly findings: readonly { readonly code: string; readonly message: string }[];
}

interface Question {
  /** Folders, files and globs that hold fixtures. */
  readonly words: readonly string[];
  readonly patterns: FixturePatterns;
  /** All files of the run, fixtures or not. */
  readonly paths: readonly string[];
}

/**
 * Tells what the events of each file should be, by its name below its folder of fixtures: `invalid/…`, `fail/…`,
 * `x.invalid.json` and `x.fail.json` hold examples that the schema must refuse. Everything else should be valid.
 */
export function readFixtures({ words, patterns, paths }: Question): Fixtures {
  const roots = words.map((word) => normalize(rootOf(word)).replace(/(?<=[^/\\])[/\\]+$/u, ''));
  const hasPatterns = patterns.valid.length + patterns.invalid.length > 0;
  // Of thousands of files the names of most say nothing, and then it is of no account where they lie.
  const speaksOfAll = hasPatterns || ['.', ...roots].some((root) => INVALID.test(resolve(root)));
  const speaking = speaksOfAll ? paths : paths.filter((path) => INVALID.test(path));
  const fixtures = new Map(speaking.flatMap((path) => placed(path, roots)));
  const matching = (globs: readonly Glob[]) =>
    new Set([...fixtures].filter(([, { names }]) => globs.some((glob) => glob.matches(names))).map(([path]) => path));
  const [valid, invalid] = [matching(patterns.valid), matching(patterns.invalid)];
  const isInvalid = (path: string, { folder, names }: Place) =>
    invalid.has(path) || (patterns.invalid.length === 0 && !valid.has(path) && isUsuallyInvalid([folder, ...names]));
  const refused = new Set([...fixtures].filter(([path, place]) => isInvalid(path, place)).map(([path]) => path));
  const both = [...valid].filter((path) => invalid.has(path));
  const neither =
    patterns.valid.length === 0 ? [] : [...fixtures.keys()].filter((path) => !valid.has(path) && !refused.has(path));
  return {
    expects: (path) => (refused.has(path) ? 'invalid' : 'valid'),
    findings: [
      ...idle('--valid-pattern', patterns.valid, fixtures),
      ...idle('--invalid-pattern', patterns.invalid, fixtures),
      ...told(both, 'matched by --valid-pattern and --invalid-pattern alike').map((message) => ({
        code: 'fixture_of_both_kinds',
        message,
      })),
      ...told(neither, 'matched by no --valid-pattern, and not invalid by name').map((message) => ({
        code: 'fixture_of_no_kind',
        message,
      })),
    ],
  };
}

interface Place {
  readonly names: readonly string[];
  readonly folder: string;
}

/** The part of a glob before its first wildcard; a folder or file as it is. */
function rootOf(word: string): string {
  const wild = word.search(/[*?[{]|[!@+]\(/u);
  return wild < 0 ? word : dirname(`${word.slice(0, wild)}x`);
}

/** A file below one of the words, with the names that lead to it from there, and that of the folder it starts from. */
function placed(path: string, words: readonly string[]): [string, Place][] {
  for (const word of words) {
    const inside = insideOf(word, path);
    if (inside === '') return [[path, { names: [basename(word)], folder: basename(dirname(word)) }]];
    if (inside === '..' || inside.startsWith(`..${sep}`)) continue;
    return [[path, { names: inside.split(sep), folder: basename(word) }]];
  }
  return [];
}

/** The way from a folder or file to a path. */
function insideOf(word: string, path: string): string {
  // Finding it out by absolute paths costs more than reading a small file.
  if (path.startsWith(word) && path[word.length] === sep) return path.slice(word.length + 1);
  return relative(resolve(word), resolve(path));
}

const KINDS: Readonly<Record<string, Expectation>> = {
  invalid: 'invalid',
  fail: 'invalid',
  failing: 'invalid',
  bad: 'invalid',
  valid: 'valid',
  pass: 'valid',
  passing: 'valid',
  good: 'valid',
};
const INVALID = /invalid|fail|bad/iu;
const OF_FILES = ['valid', 'invalid', 'pass', 'fail'];

/** A word between dots in the file's name speaks first, then the nearest folder, then a word between dashes. */
function isUsuallyInvalid(names: readonly string[]): boolean {
  if (!names.some((name) => INVALID.test(name))) return false;
  const file = names.at(-1) ?? '';
  const folders = names.slice(0, -1).toReversed();
  const said =
    kindIn(file.split('.')) ?? folders.map((name) => kindOf(name)).find(Boolean) ?? kindIn(file.split(/[._-]/u));
  return said === 'invalid';
}

function kindIn(words: readonly string[]): Expectation | undefined {
  const word = words.findLast((each) => OF_FILES.includes(each.toLowerCase()));
  return word === undefined ? undefined : kindOf(word);
}

function kindOf(word: string): Expectation | undefined {
  return KINDS[word.toLowerCase()];
}

/** A gate that holds nothing is not a green gate: neither is a pattern. */
function idle(flag: string, globs: readonly Glob[], fixtures: ReadonlyMap<string, Place>) {
  const all = [...fixtures.values()];
  return globs
    .filter((glob) => !all.some(({ names }) => glob.matches(names)))
    .map(({ text }) => ({
      code: 'pattern_without_fixture',
      message: `${flag} ${JSON.stringify(text)} matches none of ${all.length} fixtures`,
    }));
}

const MOST_NAMED = 3;

function told(paths: readonly string[], how: string): string[] {
  if (paths.length === 0) return [];
  const rest = paths.length - MOST_NAMED;
  const named = paths.slice(0, MOST_NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
  return [`${named} ${paths.length === 1 ? 'is' : 'are'} ${how}`];
}
