import { isUtf8 } from 'node:buffer';
import type { DecodedRecord, JsonObject } from '../../event/event.js';
import { elementSpans, locatePointer } from '../../event/locate.js';
import type { QuickCheck } from '../../schema/accept/quick-check.js';
import type { Checker } from '../../schema/check.js';
import type { Encoder, EncoderRefusal } from '../../sinks/sink.js';
import type { Decoder, RecordProblem } from '../../sources/source.js';
import { ColumnsBuilder } from './columns.js';
import { Cursor } from './cursor.js';
import type { Filter } from './filter.js';
import { createIdentify, type Identify } from './identify.js';
import { createParser, firstDuplicateKey, inspectText, isObject, type TextProblem } from './parse.js';
import type { Preparer } from './preparer.js';
import { isQuarantineLine, openQuarantineLine } from './quarantine-line.js';
import { QuickPath } from './quick-path.js';
import type { HeldProblem, HeldRecord, PreparedBatch, PrepareInput, PrepareSpec } from './spec.js';
import { emptyTally } from './tally.js';

interface Parts {
  readonly decoder: Decoder;
  readonly encoders: readonly (Encoder | undefined)[];
  readonly filter: Filter;
  readonly checker: Checker | undefined;
  readonly quickCheck: QuickCheck;
}

/** The way of an event from bytes to the door of the sinks: decode, parse, split, identify, filter, check, encode. */
export class Preparation implements Preparer {
  private readonly cursor = new Cursor();
  private readonly columns = new ColumnsBuilder();
  private readonly parser = createParser();
  private readonly identify: Identify;
  private readonly identity = { derivedIds: 0, withoutTime: 0 };
  private tally = emptyTally();
  private held: HeldRecord[] = [];
  private refused: EncoderRefusal[][] = [];
  private room = Number.POSITIVE_INFINITY;
  private readonly quick: QuickPath;

  constructor(
    private readonly spec: PrepareSpec,
    private readonly parts: Parts,
  ) {
    this.identify = createIdentify(spec, this.identity);
    this.quick = new QuickPath(parts.quickCheck);
  }

  prepare(input: PrepareInput): PreparedBatch {
    this.begin(input);
    const lines = this.parts.decoder.decode(input, this.takeRecord, this.takeProblem);
    return this.finish(lines);
  }

  private begin({ bytes, format, maxEvents }: PrepareInput): void {
    const isQuick = this.quick.begin(bytes, this.spec.split === undefined && (format.kind === 'csv' || isUtf8(bytes)));
    this.parser.begin(bytes, format.kind === 'ndjson' && !isQuick);
    this.tally = emptyTally();
    this.identity.derivedIds = 0;
    this.identity.withoutTime = 0;
    this.parts.filter.errors = 0;
    this.parts.filter.firstError = undefined;
    this.held = [];
    this.refused = this.parts.encoders.map(() => []);
    this.room = maxEvents ?? Number.POSITIVE_INFINITY;
    this.cursor.moveTo({ text: bytes, start: 0, end: 0, line: 0, offset: 0 });
  }

  private finish(lines: number): PreparedBatch {
    const { text } = this.cursor;
    const { read, filtered, undecodable, invalid, ...remarks } = this.tally;
    const { errors, firstError } = this.parts.filter;
    return {
      lines,
      read,
      filtered,
      undecodable,
      invalid,
      events: this.columns.finish(text),
      encoded: this.parts.encoders.map((encoder) => encoder?.finish(text)),
      refused: this.refused,
      held: this.held,
      remarks: {
        ...remarks,
        ...this.identity,
        whereErrors: errors,
        ...(firstError === undefined ? {} : { whereExample: firstError }),
      },
    };
  }

  private readonly takeProblem = ({ code, message, offset, line, raw }: RecordProblem): void => {
    if (this.room <= 0) return;
    this.tally.read++;
    this.tally.undecodable++;
    this.held.push({
      kind: 'undecodable',
      line,
      offset,
      problems: [{ code, message }],
      attempts: 0,
      raw: raw?.slice() ?? new Uint8Array(0),
    });
  };

  private readonly takeRecord = (record: DecodedRecord): void => {
    if (this.room <= 0) return;
    this.cursor.moveTo(record);
    if (this.quick.accepts(this.cursor)) this.takeEvent(true);
    else this.takeText(true);
  };

  private takeText(mayHoldMany: boolean): void {
    const parsed = this.parser.parse(this.cursor);
    if (!('value' in parsed)) this.hold('undecodable', parsed);
    else if (isQuarantineLine(parsed.value)) this.takeQuarantined(parsed.value);
    else if (mayHoldMany && this.spec.split !== undefined) this.splitRecord(this.spec.split);
    else this.takeValue(parsed.value);
  }

  /** One record that holds many events: each element is an event of its own, with its own text and verdict. */
  private splitRecord(pointer: readonly string[]): void {
    const { cursor } = this;
    const whole = { start: cursor.start, end: cursor.end };
    const span = locatePointer(cursor.text, whole, pointer);
    const elements = span && elementSpans(cursor.text, span);
    if (elements === undefined) {
      const message = `--split names ${pointerText(pointer)}, and there is no array in this record`;
      this.hold('undecodable', { code: 'nothing_to_split', message });
      return;
    }
    for (const element of elements) {
      if (this.room <= 0) return;
      cursor.narrowTo(element.start, element.end);
      this.takeText(false);
    }
  }

  /** A line of a quarantine: the event inside is tried again, one attempt older. */
  private takeQuarantined(line: object): void {
    const { cursor } = this;
    const inner = openQuarantineLine(line, cursor);
    cursor.attempts = inner.attempts;
    if (inner.span === undefined) {
      this.hold('undecodable', inner.problem, inner.raw);
      return;
    }
    cursor.narrowTo(inner.span.start, inner.span.end);
    this.takeText(true);
  }

  private takeValue(value: unknown): void {
    const { cursor } = this;
    const problem = isObject(value) ? this.inspect(value) : notAnObject(value);
    if (problem !== undefined) {
      this.hold('undecodable', problem);
      return;
    }
    if (cursor.repeatsKeys) this.remarkDuplicateKey();
    this.takeEvent(false);
  }

  private inspect(value: JsonObject): TextProblem | undefined {
    this.cursor.value = value;
    return inspectText(this.cursor);
  }

  /** The event is whole: who is it, is it wanted, is it valid (which the quick path knows for all but its name). */
  private takeEvent(isAccepted: boolean): void {
    const { cursor, parts, tally } = this;
    const withoutId = this.identify(cursor);
    if (withoutId !== undefined) {
      this.hold('invalid', withoutId);
      return;
    }
    if (!parts.filter.passes(cursor)) {
      tally.read++;
      tally.filtered++;
      return;
    }
    const isValid = parts.checker === undefined || (isAccepted && this.quick.acceptsNamed(cursor));
    const problems = isValid ? this.remarkUnknownName() : this.check();
    if (problems === undefined) this.encode();
    else this.holdAll('invalid', problems);
  }

  private remarkUnknownName(): undefined {
    if (this.parts.checker?.knows(this.cursor.name) === false) this.tally.unknownNames++;
  }

  private check(): readonly HeldProblem[] | undefined {
    const { name, value } = this.cursor;
    this.remarkUnknownName();
    const problems = this.parts.checker?.check(value, name);
    return problems?.map(({ rule, message, pointer }) => ({ code: rule, message, pointer }));
  }

  private encode(): void {
    this.tally.read++;
    this.room--;
    const index = this.columns.length;
    for (let i = 0; i < this.parts.encoders.length; i++) {
      const verdict = this.parts.encoders[i]?.add(this.cursor, index);
      if (verdict !== undefined) this.refused[i]?.push({ index, verdict });
    }
    this.columns.add(this.cursor);
  }

  private hold(kind: HeldRecord['kind'], problem: HeldProblem & { readonly at?: number }, raw?: Uint8Array): void {
    const { at, ...rest } = problem;
    const message = at ? `${rest.message} (byte ${at} of the record)` : rest.message;
    this.holdAll(kind, [{ ...rest, message }], raw);
  }

  private holdAll(kind: HeldRecord['kind'], problems: readonly HeldProblem[], raw?: Uint8Array): void {
    const { cursor, tally } = this;
    tally.read++;
    tally[kind]++;
    this.room--;
    const { id, name, timeUs, line, offset, attempts } = cursor;
    const identity = kind === 'invalid' && problems[0]?.code !== 'id_not_scalar' ? { id, name, timeUs } : {};
    const text = raw ?? cursor.text.slice(cursor.start, cursor.end);
    this.held.push({ kind, line, offset, problems, ...identity, attempts, raw: text });
  }

  private remarkDuplicateKey(): void {
    const { cursor, tally } = this;
    tally.duplicateKeys++;
    if (tally.duplicateKeyExample !== undefined) return;
    const found = firstDuplicateKey(cursor);
    if (found === undefined) return;
    const offset = cursor.offset + found.offset - cursor.start;
    tally.duplicateKeyExample = { line: cursor.line, offset, pointer: found.pointer };
  }
}

function notAnObject(value: unknown): TextProblem {
  const kind = Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
  const way = Array.isArray(value) ? `; --split '' makes each element an event` : '';
  return { code: 'not_an_object', message: `an event is a JSON object, this is ${kind}${way}`, at: 0 };
}

const pointerText = (pointer: readonly string[]) => (pointer.length === 0 ? `''` : `/${pointer.join('/')}`);
