import { canonicalNumber } from './canonical-number.js';

/** A JSON value without loss: numbers by their digits, members of objects in their order, of repeated keys the last. */
export type ExactValue = string | boolean | null | ExactNumber | readonly ExactValue[] | ExactObject;

/** The members of an object, by key. */
export type ExactObject = ReadonlyMap<string, ExactValue>;

/** A number by its exact decimal value. */
export class ExactNumber {
  /**
   * @param raw the digits as they stand in the text.
   * @param canonical the same for numbers of the same value.
   */
  constructor(
    readonly raw: string,
    readonly canonical: string = canonicalNumber(raw),
  ) {}
}

/** Whether a value is an object. */
export function isExactObject(value: ExactValue): value is ExactObject {
  return value instanceof Map;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/u;

/** Whether a text is written as JSON writes numbers. */
export function isNumberText(text: string): boolean {
  return NUMBER.test(text);
}

/** Reads a JSON text. @param text valid JSON. */
export function parseExact(text: string): ExactValue {
  return new Reader(text).value();
}

/** A value as JSON again, numbers as they were written. */
export function exactJson(value: ExactValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (value instanceof ExactNumber) return value.raw;
  if (isExactObject(value)) {
    return `{${[...value].map(([key, member]) => `${JSON.stringify(key)}:${exactJson(member)}`).join(',')}}`;
  }
  return `[${value.map(exactJson).join(',')}]`;
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  value(): ExactValue {
    switch (this.next()) {
      case '{':
        return this.object();
      case '[':
        return this.array();
      case '"':
        return this.string();
      case 't':
        this.at += 4;
        return true;
      case 'f':
        this.at += 5;
        return false;
      case 'n':
        this.at += 4;
        return null;
      default:
        return this.number();
    }
  }

  private object(): ExactObject {
    const members = new Map<string, ExactValue>();
    this.at++;
    while (this.next() !== '}') {
      if (this.next() === ',') {
        this.at++;
        continue;
      }
      const key = this.string();
      this.next();
      this.at++;
      members.set(key, this.value());
    }
    this.at++;
    return members;
  }

  private array(): ExactValue[] {
    const items: ExactValue[] = [];
    this.at++;
    while (this.next() !== ']') {
      if (this.next() === ',') this.at++;
      else items.push(this.value());
    }
    this.at++;
    return items;
  }

  private string(): string {
    const start = this.next() === '"' ? this.at : this.at;
    let end = start + 1;
    let hasEscape = false;
    for (let code = this.text.charCodeAt(end); code !== 0x22; code = this.text.charCodeAt(end)) {
      if (code === 0x5c) {
        hasEscape = true;
        end++;
      }
      end++;
    }
    this.at = end + 1;
    if (!hasEscape) return this.text.slice(start + 1, end);
    return JSON.parse(this.text.slice(start, end + 1)) as string; // a quoted token of valid JSON is a string
  }

  private number(): ExactNumber {
    const start = this.at;
    while (/[-+.\deE]/u.test(this.text.charAt(this.at))) this.at++;
    if (this.at === start) throw new Error(`no JSON value at ${start}`);
    return new ExactNumber(this.text.slice(start, this.at));
  }

  /** The character at which the next token begins. */
  private next(): string {
    while (this.text.charCodeAt(this.at) <= 0x20) this.at++;
    return this.text.charAt(this.at);
  }
}
