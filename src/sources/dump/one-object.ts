import { isJson } from '../../event/parse-or-undefined.js';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Whether a text is one JSON object and nothing else, on one `line` or on several `lines`: most examples are. Undefined for
 * everything else; also for an object behind white space.
 */
export function oneObject(text: string): 'line' | 'lines' | undefined {
  if (text.charCodeAt(0) !== OPEN_BRACE) return undefined;
  const inked = text.trimEnd();
  if (inked.charCodeAt(inked.length - 1) !== CLOSE_BRACE) return undefined;
  const isLine = !inked.includes('\n') && !inked.includes('\r');
  if (!isJson(isLine ? inked : text)) return undefined;
  return isLine ? 'line' : 'lines';
}
