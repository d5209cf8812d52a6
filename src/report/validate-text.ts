/**
 * Text from events on one line, with nothing in it that a terminal, a log or a reader could mistake: control
 * characters, half surrogates and marks that turn the direction of writing are shown as `\u001b`.
 */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029\ufffe\uffff]/gu, escaped);
}

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function escaped(character: string): string {
  return shortEscapes.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

/** Any text as the text or a quoted attribute of XML or HTML, on one line. */
export function markupText(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => entities.get(character) ?? '');
}
