import { parsePointer } from '../event/pointer.js';

/**
 * A place in events: the tokens of a JSON Pointer, in which `*` stands for any text inside of a token and a token `**`
 * for any number of tokens. Plain data: it travels to a worker.
 */
export type PatternText = string;

/** What a pointer is to a pattern. */
export type Match = 'none' | 'towards' | 'within';

/** Tells pointers that match from those that do not. */
export interface Pattern {
  /** `within` at the place itself and below it, `towards` on the way to it. */
  match(pointer: readonly string[]): Match;
}

/**
 * Reads patterns.
 * @throws UsageError `bad_pointer` when one is no pointer.
 */
export function createPattern(text: PatternText): Pattern {
  const tokens = parsePointer(text).map((token) => (token === '**' ? undefined : tokenTest(token)));
  return { match: (pointer) => matchFrom(tokens, 0, pointer, 0) };
}

/** The best match of several patterns. */
export function bestMatch(patterns: readonly Pattern[], pointer: readonly string[]): Match {
  let best: Match = 'none';
  for (const pattern of patterns) {
    const match = pattern.match(pointer);
    if (match === 'within') return match;
    if (match === 'towards') best = match;
  }
  return best;
}

type TokenTest = ((token: string) => boolean) | undefined;

function matchFrom(tests: readonly TokenTest[], test: number, pointer: readonly string[], at: number): Match {
  if (test === tests.length) return 'within';
  if (at === pointer.length) return tests.slice(test).every((rest) => rest === undefined) ? 'within' : 'towards';
  const own = tests[test];
  if (own !== undefined) return own(pointer[at] ?? '') ? matchFrom(tests, test + 1, pointer, at + 1) : 'none';
  const skipped = matchFrom(tests, test + 1, pointer, at);
  return skipped === 'within' ? skipped : matchFrom(tests, test, pointer, at + 1);
}

function tokenTest(token: string): (token: string) => boolean {
  if (!token.includes('*')) return (other) => other === token;
  const source = token.replace(/[\\^$.|?+()[\]{}/-]/gu, '\\$&').replaceAll('*', '.*');
  const expression = new RegExp(`^${source}$`, 'su');
  return (other) => expression.test(other);
}
