import type { RecordProblem } from '../source.js';
import type { JsonState } from './json-state.js';
import { type Cut, problemRawBytes } from './splitter.js';

/** What is wrong, without its place. */
export type Problem = Pick<RecordProblem, 'code' | 'message'>;

interface Place {
  readonly at: number;
  readonly line: number;
  readonly state: JsonState;
}

/** What one way through the bytes of a window has found, and how much of it stands in front of the last safe place. */
export class JsonFindings {
  /** The last position at which the bytes can be cut, and what was known there. */
  safe: Place & { readonly values: number; readonly problems: number };
  private readonly spans: number[] = [];
  private readonly spanLines: number[] = [];
  private readonly problems: RecordProblem[] = [];

  constructor(
    private readonly bytes: Uint8Array,
    state: JsonState,
  ) {
    this.safe = { at: 0, line: 0, state, values: 0, problems: 0 };
  }

  /** How many values have been found. */
  get values(): number {
    return this.spanLines.length;
  }

  /** Adds the value in `bytes[start, end)`. */
  add(start: number, end: number, line: number): void {
    this.spans.push(start, end);
    this.spanLines.push(line);
  }

  /** Adds a problem with the first of its bytes. */
  report(
    problem: Problem,
    { offset, length, line }: { readonly offset: number; readonly length: number; readonly line: number },
  ): void {
    const raw = this.bytes.slice(offset, offset + Math.min(length, problemRawBytes));
    this.problems.push({ ...problem, offset, line, raw });
  }

  /** The bytes can be cut here, behind all that has been found so far. */
  mark({ at, line, state }: Place): void {
    this.safe = { at, line, state, values: this.values, problems: this.problems.length };
  }

  /** What lies in front of the last safe place; undefined when there is none behind the start. */
  cut(): Cut | undefined {
    const { at, line, values, problems } = this.safe;
    if (at === 0) return undefined;
    return {
      end: at,
      spans: Uint32Array.from(this.spans.slice(0, 2 * values)),
      spanLines: Uint32Array.from(this.spanLines.slice(0, values)),
      lines: line,
      problems: this.problems.slice(0, problems),
    };
  }
}
