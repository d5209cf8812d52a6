import { canonicalNumber } from './canonical-number.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * The canonical form of a JSON text: the same for texts that say the same. Members stand in the order of RFC 8785
 * (UTF-16 code units), strings are escaped as little as it allows, there is no white space; numbers go by their exact
 * decimal value and not as doubles. Of repeated keys the last wins, as in `JSON.parse`. Nesting has no limit.
 * @param text valid JSON.
 */
export function canonicalJson(text: string): string {
  const open: Composite[] = [];
  let parent: Composite | undefined;
  let done = '';
  let i = 0;
  while (i < text.length) {
    const code = text.charCodeAt(i);
    let value: string;
    if (code <= 0x20 || code === COMMA || code === 0x3a) {
      i++;
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (parent !== undefined) open.push(parent);
      parent = code === OPEN_BRACE ? new ObjectText() : new ArrayText();
      i++;
      continue;
    }
    if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      value = parent?.close() ?? '';
      parent = open.pop();
      i++;
    } else {
      const end = code === QUOTE ? stringEnd(text, i) : scalarEnd(text, i);
      value = text.slice(i, end);
      i = end;
      if (parent?.takeKey(value)) continue;
      value = canonicalScalar(value, code);
    }
    if (parent === undefined) done = value;
    else parent.add(value);
  }
  return done;
}

interface Composite {
  /** Takes a string that stands where a key is due; false when it is a value. */
  takeKey(token: string): boolean;
  add(value: string): void;
  close(): string;
}

class ArrayText implements Composite {
  private text = '';

  takeKey(): boolean {
    return false;
  }

  add(value: string): void {
    this.text = this.text === '' ? value : `${this.text},${value}`;
  }

  close(): string {
    return `[${this.text}]`;
  }
}

interface Member {
  readonly key: string;
  readonly text: string;
}

class ObjectText implements Composite {
  private key: string | undefined;
  private token = '';
  private last = '';
  private isSorted = true;
  private members: Member[] = [];

  takeKey(token: string): boolean {
    if (this.key !== undefined) return false;
    const isPlain = !token.includes('\\');
    this.key = isPlain ? token.slice(1, -1) : parseString(token);
    this.token = isPlain ? token : JSON.stringify(this.key);
    return true;
  }

  add(value: string): void {
    const key = this.key ?? '';
    if (this.members.length > 0 && key <= this.last) this.isSorted = false;
    this.members.push({ key, text: `${this.token}:${value}` });
    this.last = key;
    this.key = undefined;
  }

  close(): string {
    const members = this.isSorted ? this.members : sorted(this.members);
    let text = '';
    for (const member of members) text = text === '' ? member.text : `${text},${member.text}`;
    return `{${text}}`;
  }
}

/** In the order of their keys, of equal keys the last. */
function sorted(members: Member[]): Member[] {
  members.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return members.filter((member, index) => member.key !== members[index + 1]?.key);
}

function canonicalScalar(token: string, code: number): string {
  if (code === QUOTE) return token.includes('\\') ? JSON.stringify(parseString(token)) : token;
  return code === 0x2d || (code >= 0x30 && code <= 0x39) ? canonicalNumber(token) : token;
}

function parseString(token: string): string {
  return JSON.parse(token) as string; // a quoted token of valid JSON is a string
}

function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end + 1;
}

function isEscaped(text: string, quote: number): boolean {
  let at = quote;
  while (text.charCodeAt(at - 1) === BACKSLASH) at--;
  return (quote - at) % 2 === 1;
}

function scalarEnd(text: string, start: number): number {
  let i = start;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 0x20 || code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET) break;
  }
  return i;
}
