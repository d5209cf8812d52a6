/** A pattern over paths with `/` between their names. */
export interface Glob {
  /** As it was typed. */
  readonly text: string;
  /** Whether a path below a folder, or, for a glob without a slash, any single name on the way, is meant. */
  matches(path: readonly string[]): boolean;
}

/** Why a text is no glob. */
export interface BadGlob {
  readonly problem: string;
}

/**
 * Reads a glob: `*` and `?` stay within a name, `**` crosses folders, `[a-z]`, `[!a-z]` and `{a,b}` choose, `\` takes the next
 * character as it is. A glob with a slash is held against the whole path and the folders on it, one without against each name.
 */
export function parseGlob(text: string): Glob | BadGlob {
  const written = text.replace(/^\.?\//u, '').replace(/\/$/u, '');
  if (written === '') return { problem: 'it is empty' };
  const read = translate(written);
  if (typeof read !== 'string') return read;
  const regExp = compiled(`^${read}$`);
  if (regExp === undefined) return { problem: 'its brackets hold no range of characters' };
  const isOfNames = !written.includes('/');
  return {
    text,
    matches: (path) => path.some((name, at) => regExp.test(isOfNames ? name : path.slice(0, at + 1).join('/'))),
  };
}

const TOKEN = /\*\*\/|\*\*|\*|\?|\\.|\[!?\]?[^\]/]*\]|[\s\S]/gu;

function translate(text: string): string | BadGlob {
  let open = 0;
  let regExp = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open++;
    else if (token === '}' && open-- === 0) return { problem: 'a "}" has no "{" before it' };
    else if (token === '[' || token === ']') return { problem: `a "${token}" stands alone` };
    else if (token === '\\') return { problem: 'it ends in a "\\"' };
    regExp += translated(token, open > 0 || token === '}');
  }
  return open > 0 ? { problem: 'a "{" is never closed' } : regExp;
}

const WILD: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };
const CHOICE: Readonly<Record<string, string>> = { '{': '(?:', '}': ')', ',': '|' };

function translated(token: string, isInChoice: boolean): string {
  const special = WILD[token] ?? (isInChoice ? CHOICE[token] : undefined);
  if (special !== undefined) return special;
  if (token.length > 1 && token.startsWith('[')) return token.replace(/^\[[!^]/u, '[^/').replaceAll('\\', '\\\\');
  const plain = token.startsWith('\\') ? token.slice(1) : token;
  return plain.replace(/[\\^$.*+?()[\]{}|/]/u, '\\$&');
}

function compiled(source: string): RegExp | undefined {
  try {
    return new RegExp(source, 'u');
  } catch {
    return undefined;
  }
}
