import { UsageError } from '../errors.js';
import { dangerousPart, degreeOf } from './dangerous-pattern.js';
import { linearMatcher } from './linear-pattern.js';

/** A regular expression of a schema that comes to an end on every text. */
export interface Pattern {
  /** @throws SlowPatternError when it has not come to an end within a second. */
  test(text: string): boolean;
  toString(): string;
}

/** A text on which a pattern does not come to an end in reasonable time. */
export class SlowPatternError extends Error {}

const STEPS = 1_000_000;
const LONGEST_NESTED = 48;
const TIMEOUT_MS = 1_000;

/**
 * Opens a pattern. Patterns are Unicode ones, as JSON Schema wants; those that only the older syntax knows (`\-`) are taken
 * as that. Texts on which the engine of the language might try too many ways are matched in linear time, by the rules of
 * RE2, or, where the pattern needs what RE2 does not have, under a time limit.
 * @throws UsageError `dangerous_pattern` when a short text could keep it busy forever, and RE2 does not have it.
 */
function createPattern(source: string): Pattern {
  const expression = compiled(source);
  const degree = degreeOf(source);
  if (degree <= 1) return expression;
  const part = dangerousPart(source);
  // Without the flag `u` the same letters may mean something else than they do to RE2.
  const linear = lazily(() => (expression.unicode ? linearMatcher(source) : undefined));
  if (part !== undefined && linear() === undefined) throw dangerousPattern(source, part);
  const longest = part !== undefined ? 0 : degree === Number.POSITIVE_INFINITY ? LONGEST_NESTED : STEPS ** (1 / degree);
  return {
    test(text) {
      if (text.length <= longest) return expression.test(text);
      return linear()?.(text) ?? guarded(expression, text);
    },
    toString: () => String(expression),
  };
}

function compiled(source: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch {
    return new RegExp(source);
  }
}

function guarded(expression: RegExp, text: string): boolean {
  const { createContext, Script } = process.getBuiltinModule('node:vm');
  try {
    const context = createContext({ expression, text });
    return new Script('expression.test(text)').runInContext(context, { timeout: TIMEOUT_MS }) === true;
  } catch {
    throw new SlowPatternError(
      `the pattern ${expression.source} does not come to an end on a text of ${text.length} characters`,
    );
  }
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function dangerousPattern(pattern: string, part: string): UsageError {
  const message = `the pattern ${pattern} could take forever on some texts: what ${part} repeats can match in many ways`;
  return new UsageError(message, {
    code: 'dangerous_pattern',
    hint: 'let each text match in one way only: (a+)+ is a+',
  });
}

/** As ajv opens patterns. It only ever asks for `test` and `toString`. */
export function regExp(source: string): Pattern & RegExp {
  return createPattern(source) as Pattern & RegExp; // nothing else of it is used
}

// For code that ajv would write to files, which is never done.
regExp.code = 'regExp';
