import { isUtf8 } from 'node:buffer';
import type { DecodedRecord } from '../event/event.js';
import { elementSpans, locatePointer } from '../event/locate.js';
import { Cursor } from '../flow/prepare/cursor.js';
import { createNameReader } from '../flow/prepare/identify.js';
import {
  createParser,
  inspectText,
  inspectValue,
  isObject,
  scanText,
  type TextProblem,
} from '../flow/prepare/parse.js';
import { QuickPath } from '../flow/prepare/quick-path.js';
import { nothingToSplit } from '../flow/prepare/refusals.js';
import { SideText } from '../flow/prepare/side-text.js';
import type { HeldProblem } from '../flow/prepare/spec.js';
import { Unwrapping } from '../flow/prepare/unwrapping.js';
import { createQuickCheck } from '../schema/accept/quick-check.js';
import { compileCatalog } from '../schema/compile.js';
import { withLetterLines } from '../sources/letter-batch.js';
import { loadDecoder } from '../sources/load-decoder.js';
import type { Decoder, RecordProblem } from '../sources/source.js';
import { loadUnwrapper, type Unwrapper } from '../sources/unwrapper.js';
import type { BatchFindings, ExaminationInput, ExaminationSpec } from './examination.js';
import { FindingsBuilder } from './findings-builder.js';
import { type Checkers, Judge } from './judge.js';

interface Parts {
  readonly decoder: Decoder;
  readonly unwrapper: Unwrapper | undefined;
  readonly checkers: Checkers;
}

/** Examines the events of one batch: decode, parse, split, check. What it finds does not depend on other batches. */
export class Examiner {
  private readonly cursor = new Cursor();
  private readonly side = new SideText();
  private readonly parser = createParser();
  private readonly readName = createNameReader();
  private readonly quick: QuickPath;
  private readonly unwrapping: Unwrapping | undefined;
  private canUnwrap = false;
  private readonly judge: Judge;
  private found: FindingsBuilder;
  private expectsInvalid = false;

  constructor(
    private readonly spec: ExaminationSpec,
    private readonly parts: Parts,
  ) {
    this.quick = new QuickPath(createQuickCheck(spec.catalog, spec.unknownEvent));
    this.found = new FindingsBuilder(spec.maxProblems);
    this.judge = new Judge(spec, parts.checkers, this.cursor, this.found);
    const way = {
      takeInner: (isEvent: boolean) => this.takeText({ isInner: true, isEvent }),
      hold: (problem: HeldProblem) => this.undecodable({ ...problem, at: 0 }),
    };
    this.unwrapping = parts.unwrapper && new Unwrapping(parts.unwrapper, this.cursor, this.side, way);
  }

  examine(given: ExaminationInput): BatchFindings {
    const input = withLetterLines(given);
    const { bytes, format } = input;
    this.found = new FindingsBuilder(this.spec.maxProblems);
    this.expectsInvalid = input.expects === 'invalid';
    this.judge.begin(this.found, this.expectsInvalid);
    const isPossible = this.spec.split === undefined && (format.kind === 'csv' || isUtf8(bytes));
    const isQuick = this.quick.begin(bytes, isPossible);
    this.parser.begin(bytes, format.kind === 'ndjson' && !isQuick);
    this.canUnwrap = this.unwrapping !== undefined && format.kind !== 'csv';
    this.side.begin();
    this.unwrapping?.begin();
    return this.found.finish(this.parts.decoder.decode(input, this.takeRecord, this.takeProblem));
  }

  private readonly takeProblem = ({ code, message, line }: RecordProblem): void => {
    this.cursor.line = line;
    this.undecodable({ code, message, at: 0 });
  };

  private readonly takeRecord = (record: DecodedRecord): void => {
    const { cursor } = this;
    cursor.moveTo(record, this.side.text ?? record.text);
    if (this.quick.accepts(cursor) && !this.isSuspect()) {
      cursor.name = this.nameOf();
      if (this.quick.acceptsNamed(cursor)) this.judge.accept();
      else this.judge.check(cursor.value);
    } else this.takeText({ mayHoldMany: true });
  };

  private isSuspect(): boolean {
    return this.canUnwrap && this.unwrapping?.suspects() === true;
  }

  private takeText({ mayHoldMany = false, isInner = false, isEvent = false }): void {
    const parsed = this.parser.parse(this.cursor, isInner);
    if (!('value' in parsed)) {
      if (!this.canUnwrap || this.unwrapping?.openText() !== true) this.undecodable(parsed);
      return;
    }
    const { split } = this.spec;
    if (split !== undefined && (mayHoldMany || isInner) && this.splitRecord(split)) return;
    if (this.canUnwrap && !isEvent && this.opens(parsed.value)) return;
    if (split !== undefined && mayHoldMany) this.undecodable({ ...nothingToSplit(split), at: 0 });
    else this.takeValue(parsed.value);
  }

  private opens(value: unknown): boolean {
    if (isObject(value)) {
      if (!this.cursor.isScanned) scanText(this.cursor);
      if (!this.isSuspect()) return false;
    }
    return this.unwrapping?.open(value) === true;
  }

  private splitRecord(pointer: readonly string[]): boolean {
    const { cursor } = this;
    const span = locatePointer(cursor.text, { start: cursor.start, end: cursor.end }, pointer);
    const elements = span && elementSpans(cursor.text, span);
    for (const { start, end } of elements ?? []) {
      cursor.narrowTo(start, end);
      this.takeText({});
    }
    return elements !== undefined;
  }

  private takeValue(value: unknown): void {
    const { cursor } = this;
    if (isObject(value)) cursor.value = value;
    const problem = isObject(value) ? inspectText(cursor) : inspectValue(cursor, value);
    if (problem !== undefined) {
      this.undecodable(problem);
      return;
    }
    if (isObject(value) && cursor.repeatsKeys) this.found.duplicateKeys++;
    cursor.name = isObject(value) ? this.nameOf() : '';
    this.judge.check(value);
  }

  private nameOf(): string {
    const pointer = this.spec.fields.name?.pointer;
    return pointer === undefined ? '' : this.readName(this.cursor, pointer);
  }

  private undecodable({ code, message, at }: TextProblem): void {
    const { found, cursor } = this;
    found.events++;
    found.undecodable++;
    if (this.expectsInvalid) {
      found.expectedInvalid++;
      return;
    }
    found.unexpected++;
    const place = at === 0 ? '' : ` (byte ${at} of the record)`;
    found.add({ line: cursor.line, pointer: '', rule: code, message: message + place });
  }
}

/** Opens an examiner: loads the decoder by its module and compiles the schema. */
export async function createExaminer(spec: ExaminationSpec): Promise<Examiner> {
  const { unwrapper } = spec;
  return new Examiner(spec, {
    decoder: await loadDecoder(spec.decoder),
    unwrapper: unwrapper && (await loadUnwrapper(unwrapper)),
    checkers: {
      now: compileCatalog(spec.catalog, spec),
      before: spec.before && compileCatalog(spec.before, { ...spec, mostProblems: 1 }),
    },
  });
}
