import { UsageError } from '../errors.js';

/** The unescaped tokens of a JSON Pointer (RFC 6901), outermost first. */
export type Pointer = readonly string[];

const ARRAY_INDEX = /^(?:0|[1-9]\d*)$/u;

/**
 * Reads a JSON Pointer that a user typed: `/properties/id`. A word without a slash means a top-level field.
 * @throws UsageError `bad_pointer` when it is neither.
 */
export function parsePointer(text: string): Pointer {
  if (text === '') throw badPointer(text, 'it is empty', 'a field is named like this: /properties/id');
  if (text.startsWith('#/')) throw badPointer(text, 'it is a URI fragment', `leave out the #: ${text.slice(1)}`);
  if (!text.startsWith('/')) {
    if (text.includes('/')) throw badPointer(text, 'a pointer starts with a slash', `write /${text}`);
    return [text];
  }
  if (/~(?![01])/u.test(text)) {
    throw badPointer(text, 'a ~ must be followed by 0 or 1', 'a ~ in a name is written ~0, a slash in a name ~1');
  }
  return text.slice(1).split('/').map(unescapeToken);
}

/** The pointer as text, in the form of RFC 6901. */
export function formatPointer(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The value that `pointer` names in a value made by `JSON.parse`, undefined when there is none. */
export function valueAt(value: unknown, pointer: Pointer): unknown {
  let current = value;
  for (let i = 0; i < pointer.length; i++) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = childOf(current, pointer[i] as string); // within bounds by the loop condition
  }
  return current;
}

function childOf(parent: object, token: string): unknown {
  if (Array.isArray(parent)) return ARRAY_INDEX.test(token) ? parent[Number(token)] : undefined;
  const child: unknown = parent[token as keyof typeof parent]; // any name may be asked for; absent ones are undefined
  // JSON holds no functions: what looks like one, and an inherited `__proto__`, comes from Object.prototype.
  if (typeof child === 'function' || (token === '__proto__' && !Object.hasOwn(parent, token))) return undefined;
  return child;
}

function unescapeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

function badPointer(text: string, why: string, hint: string): UsageError {
  return new UsageError(`"${text}" is no JSON Pointer: ${why}`, { code: 'bad_pointer', hint });
}
