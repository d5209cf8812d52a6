const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const SIMPLE_ESCAPES = new Set([...'"\\/bfnrt'].map((char) => char.charCodeAt(0)));
const CONTROL_NAMES: Readonly<Record<number, string>> = {
  8: 'backspace',
  9: 'tab',
  10: 'line feed',
  12: 'form feed',
  13: 'carriage return',
};

/** What is wrong with the string whose opening quote is at `start`: the first such byte, or the end of the text. */
export function stringError(bytes: Uint8Array, start: number, end: number) {
  for (let i = start + 1; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === QUOTE) return undefined;
    if (byte < 0x20)
      return {
        message: `a raw ${controlName(byte)} in a string: write ${JSON.stringify(String.fromCharCode(byte)).slice(1, -1)}`,
        offset: i,
      };
    if (byte !== BACKSLASH) continue;
    const problem = escapeError(bytes, i, end);
    if (problem !== undefined) return problem;
    i++;
  }
  return { message: 'the text ends inside a string', offset: end };
}

/** The position behind the string, known to be right, whose opening quote is at `start`. */
export function endOfString(bytes: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i + 1;
}

function escapeError(bytes: Uint8Array, at: number, end: number) {
  if (at + 1 >= end) return undefined; // the string's own end is the problem
  const letter = bytes[at + 1] ?? 0;
  if (SIMPLE_ESCAPES.has(letter)) return undefined;
  if (letter !== LETTER_U) return { message: `the escape \\${printable(letter)} does not exist`, offset: at };
  for (let i = at + 2; i < Math.min(at + 6, end); i++) {
    if (!isHexDigit(bytes[i] ?? 0)) return { message: '\\u must be followed by four hexadecimal digits', offset: at };
  }
  return undefined;
}

/** What is wrong with a word that begins like a number: `index` counts its characters. */
export function numberError(text: string): { readonly message: string; readonly index: number } | undefined {
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/u.test(text)) return undefined;
  if (text.startsWith('+')) return { message: 'a plus sign before a number', index: 0 };
  if (/^-?\./u.test(text)) return { message: 'a digit is missing before the decimal point', index: text.indexOf('.') };
  if (/^-(?:\D|$)|^[^-\d]/u.test(text)) return { message: `"${text}" is no JSON value`, index: 0 };
  if (/^-?0\d/u.test(text)) return { message: 'a leading zero', index: text.indexOf('0') };
  const whole = /^-?\d+/u.exec(text)?.[0].length ?? 0;
  const fraction = /^\.\d+/u.exec(text.slice(whole))?.[0].length ?? 0;
  const at = whole + fraction;
  if (text.charAt(at) === '.' && fraction === 0)
    return { message: 'a digit is missing behind the decimal point', index: at + 1 };
  if (/^[eE][-+]?(?:\D|$)/u.test(text.slice(at)))
    return { message: 'a digit is missing in the exponent', index: at + 1 };
  return { message: `"${text}" is no number`, index: at };
}

/** Why a character can stand nowhere between the tokens of a JSON text; undefined when it may. */
export function strayCharacter(bytes: Uint8Array, at: number, char: string): string | undefined {
  if (char === "'") return 'a string in single quotes';
  if (char === '`') return 'a string in backquotes';
  if (char === '/' || char === '#') return 'a comment, or something else that is not JSON';
  const byte = bytes[at] ?? 0;
  if (byte < 0x20 || byte === 0x7f) return `a ${controlName(byte)} between the values`;
  if (byte < 0x80) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(4, bytes.byteLength - at));
  const point = view.toString('utf8').codePointAt(0) ?? 0xfffd;
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')} outside of a string`;
}

function controlName(byte: number): string {
  return CONTROL_NAMES[byte] ?? `control character U+${byte.toString(16).toUpperCase().padStart(4, '0')}`;
}

function printable(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `(byte 0x${byte.toString(16).padStart(2, '0')})`;
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}
