import { parsePointer } from './pointer.js';

/** A stretch of a text: `[start, end)` in bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where the value at `pointer` stands in valid JSON text; undefined when there is none. The last of repeated keys wins. */
export function locatePointer(text: Uint8Array, within: Span, pointer: readonly string[]): Span | undefined {
  let span: Span | undefined = trim(text, within);
  for (const token of pointer) {
    if (span === undefined) return undefined;
    span = childOf(text, span, token);
  }
  return span;
}

/** The elements of the array in `within`; undefined when it is no array. */
export function elementSpans(text: Uint8Array, within: Span): Span[] | undefined {
  const span = trim(text, within);
  if (text[span.start] !== 0x5b) return undefined;
  return [...children(text, span)].map((child) => child.value);
}

/** A member of an object: where its key stands, with its quotes, and its value. */
export interface MemberSpans {
  readonly key: Span;
  readonly value: Span;
}

/** The members of the object in `within`, repeated ones too; undefined when it is no object. */
export function memberSpans(text: Uint8Array, within: Span): MemberSpans[] | undefined {
  const span = trim(text, within);
  if (text[span.start] !== 0x7b) return undefined;
  return [...children(text, span)].flatMap(({ key, value }) => (key === undefined ? [] : [{ key, value }]));
}

/** Reads a pointer such as `/Records` that a user typed. */
export const parseSplitPointer = (text: string): readonly string[] => (text === '' ? [] : parsePointer(text));

function childOf(text: Uint8Array, span: Span, token: string): Span | undefined {
  const isArray = text[span.start] === 0x5b;
  if (!isArray && text[span.start] !== 0x7b) return undefined;
  let found: Span | undefined;
  let index = 0;
  for (let at = skipSpace(text, span.start + 1); at < span.end - 1; index++) {
    const keyEnd = isArray ? at : skipValue(text, at);
    const start = isArray ? at : skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = skipValue(text, start);
    if (isArray ? String(index) === token : isKey(text, { start: at, end: keyEnd }, token)) found = { start, end };
    at = nextChild(text, end);
  }
  return found;
}

/** Whether a key that stands with its quotes is `token`; decoded only where it is not plain ASCII. */
function isKey(text: Uint8Array, key: Span, token: string): boolean {
  const length = key.end - key.start - 2;
  for (let i = 0; i < length; i++) {
    const byte = text[key.start + 1 + i] ?? 0;
    if (byte === BACKSLASH || byte > 0x7e) return keyText(text, key) === token;
    if (byte !== token.charCodeAt(i)) return false;
  }
  return length === token.length;
}

/** The text of a key that stands with its quotes. */
export function keyText(text: Uint8Array, key: Span): string {
  const quoted = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8', key.start, key.end);
  return JSON.parse(quoted) as string; // the key of valid JSON is a string
}

interface Child {
  /** With its quotes; undefined in an array. */
  readonly key: Span | undefined;
  readonly value: Span;
}

function* children(text: Uint8Array, span: Span): Generator<Child> {
  const isObject = text[span.start] === 0x7b;
  let at = skipSpace(text, span.start + 1);
  while (at < span.end - 1) {
    let key: Span | undefined;
    if (isObject) {
      key = { start: at, end: skipValue(text, at) };
      at = skipSpace(text, skipSpace(text, key.end) + 1);
    }
    const end = skipValue(text, at);
    yield { key, value: { start: at, end } };
    at = nextChild(text, end);
  }
}

/** The position behind the comma that follows a child. */
function nextChild(text: Uint8Array, end: number): number {
  const at = skipSpace(text, end);
  return text[at] === 0x2c ? skipSpace(text, at + 1) : at;
}

/** The position behind the value that starts at `at`. */
function skipValue(text: Uint8Array, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const byte = text[i];
    if (byte === QUOTE) {
      i = skipString(text, i);
      if (depth === 0) return i + 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++;
    } else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return i;
      if (--depth === 0) return i + 1;
    } else if (depth === 0 && (byte === 0x2c || (byte !== undefined && byte <= 0x20))) {
      return i;
    }
  }
  return text.length;
}

/** The position of the quote that closes the string whose opening quote is at `at`. */
function skipString(text: Uint8Array, at: number): number {
  let i = at + 1;
  while (i < text.length && text[i] !== QUOTE) i += text[i] === BACKSLASH ? 2 : 1;
  return i;
}

function skipSpace(text: Uint8Array, from: number): number {
  let i = from;
  while (i < text.length && (text[i] ?? 0) <= 0x20) i++;
  return i;
}

function trim(text: Uint8Array, { start, end }: Span): Span {
  let last = end;
  while (last > start && (text[last - 1] ?? 0) <= 0x20) last--;
  return { start: skipSpace(text, start), end: last };
}
