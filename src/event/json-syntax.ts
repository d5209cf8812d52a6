import { endOfString, numberError, strayCharacter, stringError } from './json-tokens.js';

/** The first byte that cannot stand where it is, and why. */
export interface SyntaxProblem {
  readonly message: string;
  /** The end of the text when it stops too early. */
  readonly offset: number;
}

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end';

const WORD_PART = /[\w$]/u;
const NUMBER_PART = /[-+.\w]/u;
const NUMBER_START = /[-+.\d]/u;

/** Reads `bytes[start, end)` as RFC 8259 wants it; undefined when it is a JSON text. Nesting has no limit. */
export function findSyntaxError(bytes: Uint8Array, start: number, end: number): SyntaxProblem | undefined {
  return new SyntaxReader(bytes, start, end).read();
}

class SyntaxReader {
  private expected: Expected = 'value';
  /** The closing bracket of each open composite. */
  private readonly closers: string[] = [];
  private hasValue = false;
  private at: number;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly start: number,
    private readonly end: number,
  ) {
    this.at = start;
  }

  read(): SyntaxProblem | undefined {
    if (this.char(this.start) === 'ï' && this.char(this.start + 1) === '»' && this.char(this.start + 2) === '¿') {
      return this.problem('a byte order mark stands before the text');
    }
    for (this.skipSpace(); this.at < this.end; this.skipSpace()) {
      const problem = this.step(this.char(this.at));
      if (problem !== undefined) return problem;
    }
    return this.endProblem();
  }

  /** Takes one token. */
  private step(char: string): SyntaxProblem | undefined {
    if (this.hasValue && this.closers.length === 0) return this.trailing(char);
    const stray = strayCharacter(this.bytes, this.at, char);
    if (stray !== undefined) return this.problem(stray);
    switch (this.expected) {
      case 'colon':
        return char === ':' ? this.advance('value') : this.problem('a colon is missing behind the key');
      case 'key':
      case 'key or }':
        return this.key(char);
      case 'comma or end':
        return this.separator(char);
      default:
        return this.value(char);
    }
  }

  private key(char: string): SyntaxProblem | undefined {
    if (char === '"') return this.string('colon');
    if (char === '}')
      return this.expected === 'key or }' ? this.close(char) : this.problem('a comma before the closing }');
    if (char === ',') return this.problem('a comma without a member before it');
    const word = this.word();
    return this.problem(word === '' ? `a key in double quotes is due, not ${char}` : `the key ${word} has no quotes`);
  }

  private separator(char: string): SyntaxProblem | undefined {
    const closer = this.closers.at(-1);
    if (char === ',') return this.advance(closer === '}' ? 'key' : 'value');
    if (char === '}' || char === ']') return this.close(char);
    return this.problem(char === ':' ? 'a colon that belongs to no key' : 'a comma is missing between two values');
  }

  private value(char: string): SyntaxProblem | undefined {
    if (char === '"') return this.string('comma or end');
    if (char === '{') return this.open('}', 'key or }');
    if (char === '[') return this.open(']', 'value or ]');
    if (char === ']' && this.expected === 'value or ]') return this.close(char);
    if (NUMBER_START.test(char)) return this.number();
    if (char === ']' || char === '}') return this.missingValue(char);
    if (char === ',' || char === ':')
      return this.problem(`a value is due, not ${char === ',' ? 'a comma' : 'a colon'}`);
    return this.literal();
  }

  private missingValue(char: string): SyntaxProblem {
    if (this.closers.length === 0) return this.problem(`${char} closes nothing`);
    const isAfterComma = this.closers.at(-1) === ']' && this.expected === 'value';
    return this.problem(isAfterComma ? `a comma before the closing ${char}` : `a value is missing before ${char}`);
  }

  private literal(): SyntaxProblem | undefined {
    const word = this.word();
    if (word === 'true' || word === 'false' || word === 'null') {
      this.at += word.length;
      return this.done();
    }
    return this.problem(word === '' ? 'a value is due' : `"${word}" is no JSON value`);
  }

  private string(next: Expected): SyntaxProblem | undefined {
    const problem = stringError(this.bytes, this.at, this.end);
    if (problem !== undefined) return problem;
    this.at = endOfString(this.bytes, this.at);
    return next === 'colon' ? this.expect(next) : this.done();
  }

  private number(): SyntaxProblem | undefined {
    const text = this.run(NUMBER_PART);
    const problem = numberError(text);
    if (problem !== undefined) return { message: problem.message, offset: this.at + problem.index };
    this.at += text.length;
    return this.done();
  }

  private open(closer: string, next: Expected): undefined {
    this.closers.push(closer);
    return this.advance(next);
  }

  private close(char: string): SyntaxProblem | undefined {
    if (this.closers.at(-1) !== char) {
      return this.problem(char === '}' ? '} closes an array that [ opened' : '] closes an object that { opened');
    }
    this.closers.pop();
    this.at++;
    return this.done();
  }

  private trailing(char: string): SyntaxProblem {
    if (char === ']' || char === '}') return this.problem(`${char} closes nothing`);
    return this.problem(char === ',' ? 'a comma behind the end of the value' : 'more text behind the end of the value');
  }

  private endProblem(): SyntaxProblem | undefined {
    if (this.closers.length > 0) {
      const open = this.closers.at(-1) === '}' ? 'an object' : 'an array';
      return { message: `the text ends inside ${open}`, offset: this.end };
    }
    return this.hasValue ? undefined : { message: 'there is no JSON value', offset: this.end };
  }

  private done(): undefined {
    this.hasValue = true;
    return this.expect('comma or end');
  }

  private advance(next: Expected): undefined {
    this.at++;
    return this.expect(next);
  }

  private expect(next: Expected): undefined {
    this.expected = next;
    return undefined;
  }

  private problem(message: string): SyntaxProblem {
    return { message, offset: this.at };
  }

  private skipSpace(): void {
    while (this.at < this.end && isSpace(this.bytes[this.at])) this.at++;
  }

  private word(): string {
    return this.run(WORD_PART);
  }

  /** The characters from here on that are of one kind. */
  private run(part: RegExp): string {
    let to = this.at;
    while (to < this.end && part.test(this.char(to))) to++;
    const { buffer, byteOffset, byteLength } = this.bytes;
    return Buffer.from(buffer, byteOffset, byteLength).toString('latin1', this.at, to);
  }

  private char(at: number): string {
    return at < this.end ? String.fromCharCode(this.bytes[at] ?? 0) : '';
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
