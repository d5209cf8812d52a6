import { isUtf8 } from 'node:buffer';
import type { DecodedRecord } from '../../event/event.js';
import { elementSpans, locatePointer } from '../../event/locate.js';
import type { Encoder } from '../../sinks/sink.js';
import { withLetterLines } from '../../sources/letter-batch.js';
import type { RecordProblem, SourceRecord } from '../../sources/source.js';
import { Admission } from './admission.js';
import { BatchAccount } from './batch-account.js';
import { ColumnsBuilder } from './columns.js';
import { Cursor } from './cursor.js';
import { Deferred } from './deferred.js';
import { Encoding } from './encoding.js';
import { createParser, isObject, scanText } from './parse.js';
import type { Parts } from './parts.js';
import type { Preparer } from './preparer.js';
import { QuickPath } from './quick-path.js';
import { nothingToSplit } from './refusals.js';
import { RowPath } from './row-path.js';
import { SideText } from './side-text.js';
import type { HeldProblem, PreparedBatch, PrepareInput, PrepareSpec } from './spec.js';
import { Unwrapping } from './unwrapping.js';

/** The way of an event from bytes to the door of the sinks: decode, parse, unwrap, split. */
export class Preparation implements Preparer {
  private readonly cursor = new Cursor();
  private readonly side = new SideText();
  private readonly columns = new ColumnsBuilder();
  private readonly parser = createParser();
  private readonly quick: QuickPath;
  private readonly account: BatchAccount;
  private readonly encoding: Encoding;
  private readonly admission: Admission;
  private readonly unwrapping: Unwrapping | undefined;
  private readonly rows: RowPath;
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
    const { cursor, side, columns, parser } = this;
    this.quick = new QuickPath(parts.quickCheck);
    this.account = new BatchAccount(cursor, parts.encoders.length, spec.settlesLines === true);
    this.encoding = new Encoding(parts);
    const { account, encoding, quick } = this;
    this.admission = new Admission(spec, parts, { cursor, account, columns, encoding, parser, quick, side });
    this.rows = new RowPath(spec, parts, { cursor, account, columns, encoding });
    const way = {
      takeInner: (isEvent: boolean) => this.takeText({ isInner: true, isEvent }),
      hold: (problem: HeldProblem, raw?: Uint8Array) => account.hold('undecodable', problem, raw),
      acceptsAhead: (start: number, end: number) => quick.acceptsAhead(cursor, start, end),
    };
    this.unwrapping = parts.unwrapper && new Unwrapping(parts.unwrapper, cursor, side, way);
    this.recalling = recallingOf(parts);
  }

  prepare(given: PrepareInput): PreparedBatch {
    const input = this.unwrapping?.opensLetters === true ? given : withLetterLines(given);
    this.begin(input);
    const { decoder } = this.parts;
    if (!this.admission.mends || input.format.kind !== 'csv') {
      return this.finish(decoder.decode(input, this.takeRecord, this.takeProblem, this.rows.begin(input)));
    }
    const rows = new Deferred();
    const lines = decoder.decode(input, rows.add, this.takeProblem);
    for (const row of rows) this.takeRecord(row);
    return this.finish(lines);
  }

  private begin(input: PrepareInput): void {
    const { bytes, format, maxEvents, byKeys } = input;
    this.unread = input;
    this.isRepeatable = format.kind !== 'csv';
    // Rows of CSV are written into a buffer that moves as it grows: nothing can be written behind them.
    this.canUnwrap = this.unwrapping !== undefined && format.kind !== 'csv';
    this.side.begin();
    this.unwrapping?.begin();
    this.admission.begin();
    this.account.begin(maxEvents);
    this.encoding.begin(byKeys);
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
    const { tally, identity, refused, held, leftLines } = this.account;
    const { read, filtered, undecodable, invalid, repaired, added, dropped, ...remarks } = tally;
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
      repairs: this.admission.repairs(),
      events: this.columns.finish(text, this.rows.rows),
      ...this.encoding.finish(text),
      refused,
      held,
      ...(this.spec.settlesLines === true && { leftLines }),
      remarks: {
        ...remarks,
        ...identity,
        whereErrors: errors,
        ...(firstError === undefined ? {} : { whereExample: firstError }),
      },
    };
  }

  private readonly takeProblem = (problem: RecordProblem): void => {
    if (this.account.room > 0) this.account.keep(problem);
  };

  private readonly takeRecord = (record: SourceRecord): void => {
    const { cursor, account } = this;
    if (account.room <= 0) {
      account.leaveOut(record.line);
      return;
    }
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
      this.admission.takeEvent(true);
    } else this.takeText({ mayHoldMany: true });
  };

  /** What the same bytes have become before, they become again. */
  private takeRecalled(record: DecodedRecord): boolean {
    const known = this.recalling?.recall?.(record);
    if (known === undefined) return false;
    const { cursor, account } = this;
    cursor.id = '';
    cursor.name = known.name;
    cursor.timeUs = known.timeUs;
    cursor.timeRest = 0;
    if (this.spec.fields.id === undefined) account.identity.derivedIds++;
    if (Number.isNaN(known.timeUs)) account.identity.withoutTime++;
    account.pass();
    this.columns.add(cursor);
    return true;
  }

  /** Whether the scanned object under the cursor may be an envelope. */
  private isSuspect(): boolean {
    return this.canUnwrap && this.unwrapping?.suspects() === true;
  }

  private takeText({ mayHoldMany = false, isInner = false, isEvent = false }): void {
    const { cursor, account, admission } = this;
    if (isInner && account.room <= 0) {
      account.leaveOut(cursor.line);
      return;
    }
    if (isInner && this.quick.acceptsContent(cursor) && (isEvent || !this.isSuspect())) {
      admission.takeEvent(true);
      return;
    }
    const parsed = this.parser.parse(cursor, isInner);
    if (!('value' in parsed)) {
      if (!this.canUnwrap || this.unwrapping?.openText() !== true) account.hold('undecodable', parsed);
      return;
    }
    const { split } = this.spec;
    if (split !== undefined && (mayHoldMany || isInner) && this.splitRecord(split)) return;
    if (this.canUnwrap && !isEvent && this.opens(parsed.value)) return;
    if (split !== undefined && mayHoldMany) account.hold('undecodable', nothingToSplit(split));
    else admission.takeValue(parsed.value);
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
    const { cursor, account } = this;
    const whole = { start: cursor.start, end: cursor.end };
    const span = locatePointer(cursor.text, whole, pointer);
    const elements = span && elementSpans(cursor.text, span);
    if (elements === undefined) return false;
    for (const element of elements) {
      if (account.room <= 0) {
        account.leaveOut(cursor.line);
        return true;
      }
      cursor.narrowTo(element.start, element.end);
      this.takeText({});
    }
    return true;
  }
}

/** The encoder that may take records by their bytes: where nobody else has to see them. */
function recallingOf({ encoders, checker, repairer }: Parts): Encoder | undefined {
  return encoders.length === 1 && checker === undefined && repairer === undefined ? encoders[0] : undefined;
}
