import { JsonFindings, type Problem } from './json-findings.js';
import { breakBefore, countLines, findResume, indentOf, isLineEnd, lastBreak } from './json-resume.js';
import { isSpace, type JsonScanner } from './json-scanner.js';
import type { JsonOptions, JsonState } from './json-state.js';
import type { Cut, Following } from './splitter.js';

interface Tools {
  readonly scanner: JsonScanner;
  readonly options: JsonOptions;
  readonly state: JsonState;
}

/** One way through the bytes of a window, up to the last place where they can be cut. */
export class JsonPass {
  /** Indentation of the value that does not end in these bytes. */
  pendingIndent = 0;
  private at = 0;
  private line = 0;
  private state: JsonState;
  private readonly findings: JsonFindings;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly following: Following,
    private readonly tools: Tools,
  ) {
    this.state = tools.state;
    this.findings = new JsonFindings(bytes, tools.state);
  }

  /** What is known at the place where the bytes have been cut. */
  get cutState(): JsonState {
    return this.findings.safe.state;
  }

  /** Returns undefined when no value, and nothing else that can be told, ends in these bytes. */
  run(): Cut | undefined {
    const { batchRecords } = this.tools.options;
    while (this.findings.values < batchRecords && this.step());
    if (this.following !== 'open' && this.at >= this.bytes.length) this.close();
    return this.findings.cut();
  }

  /** Takes one value, bracket, comma or defect. Returns false when the bytes are used up. */
  private step(): boolean {
    const { resumeWithin, context, rest } = this.state;
    if (resumeWithin !== undefined && !this.resume(resumeWithin)) return false;
    this.skipSpace();
    if (this.at >= this.bytes.length) return this.keepOneByte();
    if (rest !== 'none') return this.passRest();
    switch (this.bytes[this.at]) {
      case 0x5b:
        return context === 'array' || this.tools.options.keepsArrays
          ? this.value()
          : this.advance({ context: 'array', expects: 'first' });
      case 0x5d:
        return this.closeArray();
      case 0x2c:
        return this.comma();
      case 0x7d:
      case 0x3a:
        return this.stray('no value begins with this character');
      default:
        return this.value();
    }
  }

  private value(): boolean {
    const { bytes, at: start, tools } = this;
    const how = tools.scanner.scan(bytes, start);
    if (how === 'broken') return this.broken(start);
    if (how === 'open' && this.following === 'open') return this.pend(start);
    if (how === 'open' && isBracketOrQuote(bytes[start])) return this.truncated(start);
    if (this.state.context === 'array' && this.state.expects === 'comma') {
      this.report(start, { code: 'invalid_json', message: 'a comma is missing between two elements of the array' }, 0);
    }
    this.findings.add(start, tools.scanner.end, this.line);
    const isLast = tools.options.isSingle && this.state.context === 'top';
    this.state = { ...this.state, expects: 'comma', rest: isLast ? 'trailing' : 'none' };
    return this.moveTo(tools.scanner.end, tools.scanner.lines);
  }

  private pend(start: number): boolean {
    this.pendingIndent = indentOf(this.bytes, start);
    return false;
  }

  private closeArray(): boolean {
    if (this.state.context === 'top') return this.stray('this bracket closes nothing');
    if (this.state.context === 'array' && this.state.expects === 'value') {
      this.report(this.at, { code: 'invalid_json', message: 'a comma, and no element behind it' }, 1);
    }
    this.advance({ context: 'top', expects: 'first', rest: this.tools.options.isSingle ? 'trailing' : 'none' });
    return this.mark();
  }

  private comma(): boolean {
    const { context, expects } = this.state;
    if (context === 'unknown') return this.advance({ context: 'array', expects: 'value' });
    const isExpected = context === 'array' && expects === 'comma';
    return isExpected ? this.advance({ expects: 'value' }) : this.stray('a comma where a value should be');
  }

  /** Punctuation that stands where it cannot; a run of it is one problem. */
  private stray(message: string): boolean {
    let end = this.at + 1;
    while (this.bytes[end] === this.bytes[this.at]) end += 1;
    this.report(this.at, { code: 'invalid_json', message }, end - this.at);
    return this.moveTo(end, 0);
  }

  private broken(start: number): boolean {
    const { context } = this.state;
    const isLast = this.tools.options.isSingle && context === 'top';
    const to = isLast ? this.bytes.length : breakBefore(this.bytes, this.tools.scanner.end);
    const goingOn = isLast ? '' : '; reading goes on at the next line that begins one';
    this.report(start, { code: 'invalid_json', message: `the value breaks off${goingOn}` }, to - start);
    this.state = {
      context: context === 'array' ? 'unknown' : context,
      expects: 'value',
      resumeWithin: isLast ? undefined : indentOf(this.bytes, start),
      rest: isLast ? 'passed' : 'none',
    };
    return this.moveTo(to, countLines(this.bytes, start, to));
  }

  private resume(within: number): boolean {
    const { bytes, at } = this;
    const found = findResume(bytes, at, within);
    const to = found ?? (this.following === 'open' ? lastBreak(bytes, at) : bytes.length);
    if (found !== undefined) this.state = { ...this.state, resumeWithin: undefined };
    this.moveTo(to, countLines(bytes, at, to));
    return found !== undefined;
  }

  private passRest(): boolean {
    const { at, bytes, state } = this;
    if (state.rest === 'trailing') {
      const message = 'there is more behind the end of the one JSON text that --format json stands for';
      this.report(at, { code: 'invalid_json', message }, bytes.length - at);
    }
    this.state = { ...state, rest: 'passed' };
    this.at = bytes.length;
    this.line += countLines(bytes, at, bytes.length);
    return this.markLastByte();
  }

  private truncated(start: number): boolean {
    this.report(start, { code: 'truncated_json', message: 'the file ends before this value does' }, Infinity);
    this.state = { ...this.state, context: 'top' };
    return this.moveTo(this.bytes.length, this.tools.scanner.lines);
  }

  /** Nothing follows: every byte that is left belongs to this batch. */
  private close(): void {
    if (this.following === 'end' && this.state.context === 'array') {
      const problem = { code: 'truncated_json', message: 'the file ends before its array does' };
      const last = this.bytes.length - 1;
      if (isLineEnd(this.bytes, last)) this.line -= 1;
      this.report(last, problem, 0);
      if (isLineEnd(this.bytes, last)) this.line += 1;
    }
    this.mark();
  }

  /** Only whitespace is left. Behind a comma or an opening bracket no cut is made: their fate is told by what follows. */
  private keepOneByte(): boolean {
    return this.state === this.findings.safe.state && this.markLastByte();
  }

  /** The last byte waits for what follows: only with it can a batch be made if the file ends in a problem. */
  private markLastByte(): false {
    const last = this.bytes.length - 1;
    if (this.following !== 'open' || last <= this.findings.safe.at) return false;
    const line = this.line - (isLineEnd(this.bytes, last) ? 1 : 0);
    this.findings.mark({ at: last, line, state: this.state });
    return false;
  }

  private skipSpace(): void {
    const { bytes } = this;
    let { at } = this;
    for (; at < bytes.length && isSpace(bytes[at] ?? 0); at += 1) if (isLineEnd(bytes, at)) this.line += 1;
    this.at = at;
  }

  private advance(change: Partial<JsonState>): boolean {
    this.state = { ...this.state, ...change };
    this.at += 1;
    return true;
  }

  private moveTo(at: number, lines: number): boolean {
    this.at = at;
    this.line += lines;
    return this.mark();
  }

  private mark(): boolean {
    if (this.at >= this.bytes.length && this.following === 'open') return true;
    this.findings.mark({ at: this.at, line: this.line, state: this.state });
    return true;
  }

  private report(offset: number, problem: Problem, length: number): void {
    this.findings.report(problem, { offset, length, line: this.line });
  }
}

function isBracketOrQuote(byte: number | undefined): boolean {
  return byte === 0x7b || byte === 0x5b || byte === 0x22;
}
