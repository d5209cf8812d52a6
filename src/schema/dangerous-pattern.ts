const LENGTH = 64;
const TIMEOUT_MS = 100;
const TRIES = 3;
const MOST_LETTERS = 8;

/**
 * The part of a regular expression that makes some short texts take forever, undefined when there is none: a repeated
 * group that can match the same text in several ways, such as `(a+)+`. Each repeated group that has a choice in it is
 * tried alone, under a time limit, on texts of 64 characters that it almost matches.
 */
export function dangerousPart(pattern: string): string | undefined {
  return repeatedGroups(pattern).find((group) => hasChoice(group) && isSlow(group));
}

/**
 * The power of a text's length with which the ways to match it can grow: 1 for most patterns, 2 for `a*a*b` or `a+b` that
 * may begin anywhere, infinite where a repeated group has a choice in it.
 */
export function degreeOf(pattern: string): number {
  if (repeatedGroups(pattern).some(hasChoice)) return Number.POSITIVE_INFINITY;
  const { quantifiers, hasTopChoice } = survey(pattern);
  const canBeginAnywhere = !pattern.startsWith('^') || hasTopChoice;
  return quantifiers + (canBeginAnywhere && quantifiers > 0 ? 1 : 0);
}

/** Counts the quantifiers without an end, or with a far one. */
function survey(pattern: string): { readonly quantifiers: number; readonly hasTopChoice: boolean } {
  let quantifiers = 0;
  let depth = 0;
  let hasTopChoice = false;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === '\\') at++;
    else if (character === '[') at = endOfClass(pattern, at);
    else if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === '|' && depth === 0) hasTopChoice = true;
    else if (STRETCHING.test(pattern.slice(at))) quantifiers++;
  }
  return { quantifiers, hasTopChoice };
}

const STRETCHING = /^(?:[*+]|\{\d+,\}|\{\d+,(?:[3-9]\d|\d{3,})\})/u;
const ENDLESS = /^(?:[*+]|\{\d+,\}|\{\d*,?(?:[3-9]\d|\d{3,})\})/u;

/** The sources of the groups that a quantifier without an end follows, innermost first. */
function repeatedGroups(pattern: string): string[] {
  const found: string[] = [];
  const open: number[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === '\\') at++;
    else if (character === '[') at = endOfClass(pattern, at);
    else if (character === '(') open.push(at);
    else if (character === ')') {
      const start = open.pop() ?? 0;
      if (ENDLESS.test(pattern.slice(at + 1))) {
        found.push(pattern.slice(start, at + 1));
      }
    }
  }
  return found;
}

function endOfClass(pattern: string, start: number): number {
  let at = start + 1;
  while (at < pattern.length && pattern[at] !== ']') at += pattern[at] === '\\' ? 2 : 1;
  return at;
}

function hasChoice(group: string): boolean {
  return /[*+?|{]/u.test(group.slice(1).replace(/^\?(?:[:=!]|<[=!]|<\w+>)/u, ''));
}

/** Whether the group, repeated, does not come to an end on one of the texts; a busy machine alone does not make it so. */
function isSlow(group: string): boolean {
  const expression = compiled(`^(?:${group})+$`);
  if (expression === undefined) return false;
  const { createContext, Script } = process.getBuiltinModule('node:vm');
  const context = createContext({ expression, texts: textsFor(group) });
  const script = new Script('for (const text of texts) expression.test(text)');
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      script.runInContext(context, { timeout: TIMEOUT_MS });
      return false;
    } catch {
      // It is tried again.
    }
  }
  return true;
}

/** Repetitions of letters and pairs of letters that the group takes, each with an end that it does not take. */
function textsFor(group: string): string[] {
  const single = compiled(`^(?:${group})+$`);
  const letters = [...new Set(`${group.replace(/\\./gu, '')}a0 A_-.,/@\t:x1`)];
  const usable = letters.filter((letter) => single?.test(letter) || single?.test(letter + letter));
  const some = [...usable, ...letters].slice(0, Math.max(MOST_LETTERS, Math.min(usable.length, 2 * MOST_LETTERS)));
  const pairs = some.flatMap((one) => some.filter((two) => two !== one).map((two) => one + two));
  return [...new Set(some), ...pairs].flatMap((unit) =>
    ['\u0001', '!'].map((end) => unit.repeat(LENGTH / unit.length) + end),
  );
}

function compiled(source: string): RegExp | undefined {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(source, flags);
    } catch {
      // The older syntax is tried next; what is no expression alone (a reference to another group) cannot be tried.
    }
  }
  return undefined;
}
