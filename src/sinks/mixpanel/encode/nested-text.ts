import type { JsonWriter } from '../../http/encode/json-writer.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Writes the object or list in `text[start, end)` down to `levels` levels; what lies deeper is written as its JSON
 * text, a string. With 0 levels all of it is one string.
 */
export function writeNested(
  writer: JsonWriter,
  text: Uint8Array,
  { start, end, levels }: { readonly start: number; readonly end: number; readonly levels: number },
): void {
  let depth = 0;
  let copied = start;
  for (let i = start; i < end; i++) {
    const byte = text[i];
    if (byte === QUOTE) {
      i = stringEnd(text, i);
    } else if (byte === 0x7b || byte === 0x5b) {
      if (depth < levels) {
        depth++;
        continue;
      }
      const close = closing(text, i);
      writer.raw(text, copied, i);
      writer.string(Buffer.from(text.subarray(i, close + 1)).toString());
      i = close;
      copied = close + 1;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    }
  }
  writer.raw(text, copied, end);
}

/** Position of the bracket that closes the one at `at`. */
function closing(text: Uint8Array, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const byte = text[i];
    if (byte === QUOTE) i = stringEnd(text, i);
    else if (byte === 0x7b || byte === 0x5b) depth++;
    else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return i;
  }
  return text.length - 1;
}

/** Position of the quote that closes the string whose opening quote is at `at`. */
function stringEnd(text: Uint8Array, at: number): number {
  let i = at + 1;
  while (i < text.length && text[i] !== QUOTE) i += text[i] === BACKSLASH ? 2 : 1;
  return i;
}
