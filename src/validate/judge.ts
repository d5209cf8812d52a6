import { idText } from '../event/identity.js';
import { locatePointer } from '../event/locate.js';
import { parsePointer } from '../event/pointer.js';
import { createTimeReader } from '../event/time.js';
import type { Cursor } from '../flow/prepare/cursor.js';
import { fieldOf } from '../flow/prepare/identify.js';
import { isObject } from '../flow/prepare/parse.js';
import type { Checker, Problem } from '../schema/check.js';
import type { ExaminationSpec } from './examination.js';
import type { FindingsBuilder } from './findings-builder.js';
import { mutantsOf } from './mutants.js';
import { dayOf, placeAmong } from './partition-place.js';

/** The checkers of the schemas as they are and, where asked for, as they were. */
export interface Checkers {
  readonly now: Checker;
  readonly before: Checker | undefined;
}

/** Judges decoded events one by one, and notes what comes of each. */
export class Judge {
  private readonly readTime = createTimeReader({ timezone: 'UTC' });
  private expectsInvalid = false;

  constructor(
    private readonly spec: ExaminationSpec,
    private readonly checkers: Checkers,
    private readonly cursor: Cursor,
    private found: FindingsBuilder,
  ) {}

  /** Turns to another batch. */
  begin(found: FindingsBuilder, expectsInvalid: boolean): void {
    this.found = found;
    this.expectsInvalid = expectsInvalid;
  }

  /** Judges the event under the cursor, whose name has been read. */
  check(value: unknown): void {
    const problems = this.problemsOf(this.checkers.now, value);
    if (problems === undefined) this.accept(value);
    else this.refuse(value, problems);
  }

  /** Notes a valid event; its value is parsed when something needs it. */
  accept(value?: unknown): void {
    const { found, cursor, spec } = this;
    found.events++;
    found.valid++;
    found.count(cursor.name, !this.expectsInvalid);
    this.remarkUnknownName();
    if (this.expectsInvalid) {
      found.unexpected++;
      const message = 'it is kept as an example of an invalid event, and the schema accepts it';
      found.add({ line: cursor.line, pointer: '', rule: 'invalid_fixture_passes', message, ...this.known() });
      return;
    }
    const own = value === undefined && (spec.mutates || this.checkers.before !== undefined) ? cursor.value : value;
    this.compare(own, true);
    if (spec.mutates) this.mutate(own);
    if (spec.partitions !== undefined) this.place();
  }

  private refuse(value: unknown, problems: readonly Problem[]): void {
    const { found, cursor } = this;
    found.events++;
    found.invalid++;
    found.count(cursor.name, this.expectsInvalid);
    this.remarkUnknownName();
    if (this.expectsInvalid) {
      found.expectedInvalid++;
      return;
    }
    found.unexpected++;
    this.compare(value, false);
    const event = isObject(value) ? this.idOf() : undefined;
    for (const problem of problems) {
      found.add({ line: this.lineOf(problem), ...problem, ...this.known(), ...(event !== undefined && { event }) });
    }
    if (isObject(value) && this.spec.fields.time !== undefined) found.countDay(dayOf(this.timeUs()));
  }

  /** The line of the value, or of what it is missing from, in a record of several; inside of envelopes that of the record. */
  private lineOf({ pointer }: Problem): number {
    const { split, unwrapper } = this.spec;
    const { text, line, start, end } = this.cursor;
    if (split !== undefined || unwrapper !== undefined || lineEnds(text, start, end) === 0) return line;
    for (const way = pointer === '' ? [] : [...parsePointer(pointer)]; way.length > 0; way.pop()) {
      const span = locatePointer(text, { start, end }, way);
      if (span !== undefined) return line + lineEnds(text, start, span.start);
    }
    return line;
  }

  private problemsOf(checker: Checker, value: unknown): readonly Problem[] | undefined {
    try {
      return checker.check(value, this.cursor.name);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return [{ pointer: '', rule: 'nested_too_deep', message: 'the event is nested too deep to be checked' }];
    }
  }

  /** Whether the schemas as they were say something else. */
  private compare(value: unknown, isValid: boolean): void {
    const { before } = this.checkers;
    if (before === undefined || (this.problemsOf(before, value) === undefined) === isValid) return;
    this.found.change({ name: this.cursor.name, verdict: isValid ? 'accepted' : 'refused', line: this.cursor.line });
  }

  /** Which mutants of the event would be valid as well: what nobody has written down. */
  private mutate(value: unknown): void {
    const { name } = this.cursor;
    for (const { mutation, pointer, value: mutant } of mutantsOf(value)) {
      if (this.problemsOf(this.checkers.now, mutant) === undefined) this.found.survive({ name, mutation, pointer });
    }
  }

  /** Where a table would put the event. */
  private place(): void {
    const timeUs = this.spec.fields.time === undefined ? Number.NaN : this.timeUs();
    const place = placeAmong(this.spec.partitions ?? [], timeUs);
    if (place !== 'there') this.found.misplace({ place, line: this.cursor.line, name: this.cursor.name });
  }

  private timeUs(): number {
    const pointer = this.spec.fields.time?.pointer;
    return pointer === undefined ? Number.NaN : this.readTime(fieldOf(this.cursor, pointer));
  }

  private remarkUnknownName(): void {
    if (!this.checkers.now.knows(this.cursor.name)) this.found.unknownNames++;
  }

  private known(): { readonly name?: string } {
    return this.cursor.name === '' ? {} : { name: this.cursor.name };
  }

  private idOf(): string | undefined {
    const pointer = this.spec.fields.id?.pointer;
    const id = pointer && idText(fieldOf(this.cursor, pointer), undefined);
    return typeof id === 'string' ? id : undefined;
  }
}

/** LF, CRLF and lone CR end a line. */
function lineEnds(text: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) if (text[at] === 0x0a || (text[at] === 0x0d && text[at + 1] !== 0x0a)) count++;
  return count;
}
