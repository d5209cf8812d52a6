import type { EventBatch } from '../../event/batch.js';
import type { CsvRows } from '../../event/rows/csv-rows.js';
import type { RowShape } from '../../event/rows/row-shape.js';
import type { CellCheck } from '../../schema/accept/cell-check.js';
import type { Encoder, RowTaker } from '../../sinks/sink.js';
import type { TakeRow } from '../../sources/source.js';
import type { Stations } from './admission.js';
import type { Parts } from './parts.js';
import { createRowIdentity, type RowIdentity } from './row-identity.js';
import type { PrepareInput, PrepareSpec } from './spec.js';

/** What a batch of rows passes through. */
interface Way {
  readonly format: PrepareInput['format'];
  readonly shape: RowShape;
  readonly check: CellCheck;
  readonly identity: RowIdentity;
  /** Who has opened `taker`: it is another one for batches that are encoded by their keys. */
  readonly encoder: Encoder | undefined;
  readonly taker: RowTaker;
}

/**
 * The way of rows that become rows again: accepted, identified and encoded by their cells, with no JSON between. Whatever is
 * not plain goes the way of all events: an escaped or doubled character, a value that is not certainly valid, one that the
 * sink refuses, a field that is missing.
 */
export class RowPath {
  private way: Way | undefined;
  private isOpen = false;
  private view: Buffer = Buffer.alloc(0);
  private readonly record = { text: new Uint8Array(0) as Uint8Array, start: 0, end: 0, line: 0, offset: 0 };

  constructor(
    private readonly spec: PrepareSpec,
    private readonly parts: Parts,
    private readonly stations: Pick<Stations, 'cursor' | 'account' | 'columns' | 'encoding'>,
  ) {}

  /** Turns to a batch; returns what takes its rows, undefined when each has to become an event. */
  begin({ format, bytes }: PrepareInput): TakeRow | undefined {
    this.isOpen = this.open(format) !== undefined;
    if (!this.isOpen) return undefined;
    this.view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.take;
  }

  /** How the rows of the batch are read, where some may have been taken. */
  get rows(): EventBatch['rows'] {
    const { way } = this;
    return this.isOpen && way !== undefined ? { shape: way.shape, end: this.view.length } : undefined;
  }

  private open(format: PrepareInput['format']): Way | undefined {
    const { way } = this;
    const [encoder] = this.stations.encoding.current;
    if (way !== undefined && way.encoder === encoder && isSame(way.format, format)) return way;
    this.way = this.openWay(format, encoder);
    return this.way;
  }

  private openWay(format: PrepareInput['format'], encoder: Encoder | undefined): Way | undefined {
    const { spec, parts } = this;
    const { encoders, repairer, decoder } = parts;
    const needsEvents = repairer !== undefined || spec.split !== undefined || spec.filter.where !== undefined;
    const shape = needsEvents || encoders.length !== 1 ? undefined : decoder.rowsOf?.(format);
    const check = shape && parts.quickCheck.cells(shape);
    const identity = shape && createRowIdentity(spec.fields, spec.timezone, shape);
    const taker = shape && encoder?.rows?.(shape);
    return shape && check && identity && taker && { format, shape, check, identity, encoder, taker };
  }

  private readonly take: TakeRow = (rows, text, line) => {
    const { cursor, account, columns } = this.stations;
    if (account.room <= 0) {
      account.leaveOut(line);
      return true;
    }
    const { way } = this;
    if (way === undefined || rows.hasEscape || !way.check.accepts(rows, text, this.view)) return false;
    this.moveTo(rows, text, line);
    if (!way.identity.take(rows, cursor)) return false;
    if (!this.parts.filter.passes(cursor)) {
      account.filter();
      return true;
    }
    if (!way.taker.take(rows, cursor, columns.length)) return false;
    account.pass();
    if (Number.isNaN(cursor.timeUs)) account.identity.withoutTime++;
    if (this.parts.checker?.knows(cursor.name) === false) account.tally.unknownNames++;
    columns.add(cursor);
    return true;
  };

  private moveTo(rows: CsvRows, text: Uint8Array, line: number): void {
    const { record } = this;
    record.text = text;
    record.start = rows.start;
    record.end = rows.end;
    record.offset = rows.start;
    record.line = line;
    this.stations.cursor.moveTo(record);
  }
}

function isSame(one: PrepareInput['format'], other: PrepareInput['format']): boolean {
  if (one.kind !== 'csv' || other.kind !== 'csv') return one.kind === other.kind;
  if (one.delimiter !== other.delimiter || one.quote !== other.quote) return false;
  return one.columns.length === other.columns.length && one.columns.every((name, at) => name === other.columns[at]);
}
