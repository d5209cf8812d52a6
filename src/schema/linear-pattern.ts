import { require } from '../require.js';

const SPACES =
  '\\t\\n\\v\\f\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}';

/** Matches a pattern in time that grows with the text alone, by RE2; undefined when RE2 does not have what it needs. */
export function linearMatcher(source: string): ((text: string) => boolean) | undefined {
  const translated = translate(source);
  if (translated === undefined) return undefined;
  const { RE2JS } = require('re2js') as typeof import('re2js'); // `require` is untyped
  try {
    const expression = RE2JS.compile(RE2JS.translateRegExp(translated));
    return (text) => expression.matcher(text).find();
  } catch {
    return undefined;
  }
}

/** Writes what RE2 reads otherwise (`.`, `\s`, a bracket in a class) as RE2 has it; undefined when it has no words for it. */
function translate(source: string): string | undefined {
  let text = '';
  let isInClass = false;
  for (let at = 0; at < source.length; at++) {
    const character = source[at] ?? '';
    if (character === '\\') {
      const escaped = source[++at] ?? '';
      if (escaped === 'S' && isInClass) return undefined;
      if (escaped === 's') text += isInClass ? SPACES : `[${SPACES}]`;
      else if (escaped === 'S') text += `[^${SPACES}]`;
      else text += `\\${escaped}`;
    } else if (isInClass) {
      if (character === ']') isInClass = false;
      text += character === '[' ? '\\[' : character;
    } else if (character === '.') text += '[^\\n\\r\\x{2028}\\x{2029}]';
    else {
      isInClass = character === '[';
      text += character;
    }
  }
  return text;
}
