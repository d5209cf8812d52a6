import { isUtf8 } from 'node:buffer';
import type { DecodedRecord, JsonObject } from '../../event/event.js';
import { elementSpans, locatePointer } from '../../event/locate.js';
import type { QuickCheck } from '../../schema/accept/quick-check.js';
import type { Checker } from '../../schema/check.js';
import type { Encoder, EncoderRefusal } from '../../sinks/sink.js';
import { withLetterLines } from '../../sources/letter-batch.js';
import type { Decoder, RecordProblem, SourceRecord } from '../../sources/source.js';
import type { Unwrapper } from '../../sources/unwrapper.js';
import type { Repairer } from '../repair/repairer.js';
import { ColumnsBuilder } from './columns.js';
import { Cursor } from './cursor.js';
import { Deferred } from './deferred.js';
import type { Filter } from './filter.js';
import { heldRecord, placed } from './holding.js';
import { createIdentify, type Identify } from './identify.js';
import { Mending } from './mending.js';
import { createParser, firstDuplicateKey, inspectText, isObject, scanText, type TextProblem } from './parse.js';
import type { Preparer } from './preparer.js';
import { QuickPath } from './quick-path.js';
import { notAnObject, nothingToSplit, tooOften } from './refusals.js';
import { SideText } from './side-text.js';
import type { HeldProblem, HeldRecord, PreparedBatch, PrepareInput, PrepareSpec } from './spec.js';
import { emptyTally } from './tally.js';
import { Unwrapping } from './unwrapping.js';

interface Parts {
  readonly decoder: Decoder;
  readonly unwrapper: Unwrapper | undefined;
  readonly encoders: readonly (Encoder | undefined)[];
  readonly filter: Filter;
  readonly repairer: Repairer | undefined;
  readonly checker: Checker | undefined;
  readonly quickCheck: QuickCheck;
}

/** The way of an event from bytes to the door of the sinks: decode, parse, split, identify, filter, check, encode. */
export class Preparation implements Preparer {
  private readonly cursor = new Cursor();
  private readonly side = new SideText();
  private readonly columns = new ColumnsBuilder();
  private readonly parser = createParser();
  private readonly identify: Identify;
  private readonly identity = { derivedIds: 0, withoutTime: 0 };
  private tally = emptyTally();
  private held: HeldRecord[] = [];
  private leftLines: number[] = [];
  private refused: EncoderRefusal[][] = [];
  private room = Number.POSITIVE_INFINITY;
  private readonly quick: QuickPath;
  private readonly unwrapping: Unwrapping | undefined;
  private readonly mending: Mending | undefined;
  private canUnwrap = false;
  /** Whether the same bytes make the same event wherever they come from. */
  private isRepeatable = false;
  private readonly recalling: Encoder | undefined;
  /** The batch, as long as none of its records has had to be read. */
  private unread: PrepareInput | undefined;

  constructor(
    private readonly spec: PrepareSpec,
    private readonly parts: Parts,
  ) {
    this.identify = createIdentify(spec, this.identity);
    this.quick = new QuickPath(parts.quickCheck);
    const way = {
      takeInner: (isEvent: boolean) => this.takeText({ isInner: true, isEvent }),
      hold: (problem: HeldProblem, raw?: Uint8Array) => this.hold('undecodable', problem, raw),
    };
    this.unwrapping = parts.unwrapper && new Unwrapping(parts.unwrapper, this.cursor, this.side, way);
    this.recalling = recallingOf(parts);
    this.mending =
      parts.repairer &&
      new Mending(parts.repairer, this.cursor, this.side, {
        takeMended: () => this.takeMended(),
        hold: (problem) => this.hold('invalid', problem),
        nextEvent: () => this.columns.length,
      });
  }

  prepare(given: PrepareInput): PreparedBatch {
    const input = this.unwrapping?.opensLetters === true ? given : withLetterLines(given);
    this.begin(input);
    const { decoder } = this.parts;
    if (this.mending === undefined || input.format.kind !== 'csv') {
      return this.finish(decoder.decode(input, this.takeRecord, this.takeProblem));
    }
    const rows = new Deferred();
    const lines = decoder.decode(input, rows.add, this.takeProblem);
    for (const row of rows) this.takeRecord(row);
    return this.finish(lines);
  }

  private begin(input: PrepareInput): void {
    const { bytes, format, maxEvents } = input;
    this.unread = input;
    this.isRepeatable = format.kind !== 'csv';
    // Rows of CSV are written into a buffer that moves as it grows: nothing can be written behind them.
    this.canUnwrap = this.unwrapping !== undefined && format.kind !== 'csv';
    this.side.begin();
    this.unwrapping?.begin();
    this.mending?.begin();
    this.tally = emptyTally();
    this.identity.derivedIds = 0;
    this.identity.withoutTime = 0;
    this.parts.filter.errors = 0;
    this.parts.filter.firstError = undefined;
    this.held = [];
    this.leftLines = [];
    this.refused = this.parts.encoders.map(() => []);
    this.room = maxEvents ?? Number.POSITIVE_INFINITY;
    this.cursor.moveTo({ text: bytes, start: 0, end: 0, line: 0, offset: 0 });
  }

  private beginReading({ bytes, format }: PrepareInput): void {
    const isPossible = this.spec.split === undefined && (format.kind === 'csv' || isUtf8(bytes));
    // The records of a queue are letters.
    const areEnvelopes = this.spec.settlesLines === true && this.unwrapping !== undefined;
    const isQuick = this.quick.begin(bytes, isPossible, areEnvelopes);
    this.parser.begin(bytes, format.kind === 'ndjson' && !isQuick);
    this.unread = undefined;
  }

  private finish(lines: number): PreparedBatch {
    const { text } = this.cursor;
    const { read, filtered, undecodable, invalid, repaired, added, dropped, ...remarks } = this.tally;
    const { errors, firstError } = this.parts.filter;
    return {
      lines,
      read,
      filtered,
      undecodable,
      invalid,
      repaired,
      added,
      dropped,
      repairs: this.mending?.take() ?? [],
      events: this.columns.finish(text),
      encoded: this.parts.encoders.map((encoder) => encoder?.finish(text)),
      refused: this.refused,
      held: this.held,
      ...(this.spec.settlesLines === true && { leftLines: this.leftLines }),
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

  private readonly takeRecord = (record: SourceRecord): void => {
    if (this.room <= 0) {
      this.leaveOut(record.line);
      return;
    }
    const { cursor } = this;
    cursor.moveTo(record, this.side.text ?? record.text);
    if (record.letter !== undefined) {
      if (this.unread !== undefined) this.beginReading(this.unread);
      this.unwrapping?.openLetter(record.letter);
      return;
    }
    if (this.isRepeatable && this.takeRecalled(record)) return;
    if (this.unread !== undefined) this.beginReading(this.unread);
    if (this.quick.accepts(cursor) && !this.isSuspect()) {
      cursor.isRecord = this.isRepeatable;
      this.takeEvent(true);
    } else this.takeText({ mayHoldMany: true });
  };

  /** What the same bytes have become before, they become again. */
  private takeRecalled(record: DecodedRecord): boolean {
    const known = this.recalling?.recall?.(record);
    if (known === undefined) return false;
    const { cursor, identity } = this;
    cursor.id = '';
    cursor.name = known.name;
    cursor.timeUs = known.timeUs;
    if (this.spec.fields.id === undefined) identity.derivedIds++;
    if (Number.isNaN(known.timeUs)) identity.withoutTime++;
    this.tally.read++;
    this.room--;
    this.columns.add(cursor);
    return true;
  }

  /** Whether the scanned object under the cursor may be an envelope. */
  private isSuspect(): boolean {
    return this.canUnwrap && this.unwrapping?.suspects() === true;
  }

  private takeText({ mayHoldMany = false, isInner = false, isEvent = false }): void {
    const { cursor } = this;
    if (isInner && this.room <= 0) {
      this.leaveOut(cursor.line);
      return;
    }
    if (isInner && this.quick.acceptsContent(cursor) && (isEvent || !this.isSuspect())) {
      this.takeEvent(true);
      return;
    }
    const parsed = this.parser.parse(cursor, isInner);
    if (!('value' in parsed)) {
      if (!this.canUnwrap || this.unwrapping?.openText() !== true) this.hold('undecodable', parsed);
      return;
    }
    const { split } = this.spec;
    if (split !== undefined && (mayHoldMany || isInner) && this.splitRecord(split)) return;
    if (this.canUnwrap && !isEvent && this.opens(parsed.value)) return;
    if (split !== undefined && mayHoldMany) this.hold('undecodable', nothingToSplit(split));
    else this.takeValue(parsed.value);
  }

  /** Opens the value where it is an envelope: which an object can only be by its keys. */
  private opens(value: unknown): boolean {
    const { cursor, unwrapping } = this;
    if (isObject(value)) {
      if (!cursor.isScanned) scanText(cursor);
      if (!this.isSuspect()) return false;
    }
    return unwrapping?.open(value) === true;
  }

  /** One record that holds many events: each element is an event of its own, with its own text and verdict. */
  private splitRecord(pointer: readonly string[]): boolean {
    const { cursor } = this;
    const whole = { start: cursor.start, end: cursor.end };
    const span = locatePointer(cursor.text, whole, pointer);
    const elements = span && elementSpans(cursor.text, span);
    if (elements === undefined) return false;
    for (const element of elements) {
      if (this.room <= 0) {
        this.leaveOut(cursor.line);
        return true;
      }
      cursor.narrowTo(element.start, element.end);
      this.takeText({});
    }
    return true;
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
      if (this.mending?.mend(tally, this.identity, true) !== true) this.hold('invalid', withoutId);
      return;
    }
    if (!parts.filter.passes(cursor)) {
      tally.read++;
      tally.filtered++;
      this.leaveOut(cursor.line);
      return;
    }
    const worn = tooOften(cursor, this.spec.maxAttempts);
    if (worn !== undefined) this.hold('invalid', worn);
    else if (this.mending?.mend(tally, this.identity, false) !== true) this.decide(isAccepted);
  }

  /** What a repair has made of an event: it is who it was, unless the repair says otherwise. */
  private takeMended(): void {
    const { cursor } = this;
    const parsed = this.parser.parse(cursor, true);
    const problem =
      'value' in parsed ? (isObject(parsed.value) ? this.inspect(parsed.value) : notAnObject(parsed.value)) : parsed;
    const refusal = problem ?? this.identify(cursor);
    if (refusal === undefined) this.decide(false);
    else this.hold('invalid', refusal);
  }

  private decide(isAccepted: boolean): void {
    const isValid = this.parts.checker === undefined || (isAccepted && this.quick.acceptsNamed(this.cursor));
    const problems = isValid ? this.remarkUnknownName() : this.check();
    if (problems === undefined) this.encode();
    else this.holdAll('invalid', problems);
  }

  private leaveOut(line: number): void {
    if (this.spec.settlesLines === true) this.leftLines.push(line);
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
    this.holdAll(kind, [placed(this.cursor, problem)], raw);
  }

  private holdAll(kind: HeldRecord['kind'], problems: readonly HeldProblem[], raw?: Uint8Array): void {
    this.tally.read++;
    this.tally[kind]++;
    this.room--;
    this.held.push(heldRecord(this.cursor, kind, { problems, raw }));
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

/** The encoder that may take records by their bytes: where nobody else has to see them. */
function recallingOf({ encoders, checker, repairer }: Parts): Encoder | undefined {
  return encoders.length === 1 && checker === undefined && repairer === undefined ? encoders[0] : undefined;
}
