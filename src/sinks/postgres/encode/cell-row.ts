import type { EventCursor } from '../../../event/event.js';
import type { CsvRows } from '../../../event/rows/csv-rows.js';
import type { RowShape } from '../../../event/rows/row-shape.js';
import type { ByteWriter } from './byte-writer.js';
import { type CellField, cellField, From } from './cell-field.js';
import { type RowColumn, refuseAbsent } from './row-column.js';
import type { RowStore } from './row-store.js';
import { writeTime } from './time-values.js';

const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
const JSONB_VERSION = 1;
const QUOTE = 0x22;

/**
 * Puts rows of cells into the store as `BinaryRow` puts their events: the same bytes at the same marks. It only knows rows
 * that are taken; whatever else there is to say of one is left to its event.
 */
export class CellRow {
  omitted = 0;
  size = 0;
  private field = 0;
  private text: Uint8Array = new Uint8Array(0);
  private view: Buffer = Buffer.alloc(0);

  /** @param fields those of the key first, as they stand in the key. */
  constructor(
    private readonly fields: readonly CellField[],
    private readonly partition: CellField | undefined,
  ) {}

  /** Puts a row into the store; with false what was written must be dropped. */
  write(store: RowStore, rows: CsvRows, event: EventCursor): boolean {
    if (event.text !== this.text) this.turnTo(event.text);
    const base = store.begin();
    const { fields } = this;
    this.omitted = 0;
    this.size = COUNT_BYTES;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as CellField; // within bounds by the loop condition
      this.field = base + field.target.index;
      if (!this.writeField(store, field, rows, event)) return false;
    }
    return true;
  }

  /** The partition key of the row that was written, as an instant; NaN when it is none. */
  timeOf(rows: CsvRows, event: EventCursor): number {
    const { partition } = this;
    if (partition === undefined) return event.timeUs;
    const { cell, target } = partition;
    return target.readTime(this.view.toString('utf8', rows.starts[cell], rows.ends[cell]));
  }

  private writeField(store: RowStore, field: CellField, rows: CsvRows, event: EventCursor): boolean {
    switch (field.from) {
      case From.cell:
        return this.writeCell(store, field, rows);
      case From.time:
        return Number.isNaN(event.timeUs)
          ? this.writeAbsent(store, field, undefined)
          : this.writeTime(store, field, event);
      case From.id:
        return this.writeText(store, field, event.idStart, event.idEnd);
      case From.name:
        return event.name === ''
          ? this.writeAbsent(store, field, undefined)
          : this.writeValue(store, field, event.name);
      default:
        return this.writeAbsent(store, field, undefined);
    }
  }

  private writeCell(store: RowStore, field: CellField, rows: CsvRows): boolean {
    const { cell, type } = field;
    const start = rows.starts[cell] as number; // every row has all cells
    const end = rows.ends[cell] as number; // every row has all cells
    if (type.kind === 'text') return this.writeText(store, field, start, end);
    if (start === end) return this.writeAbsent(store, field, type.nullable ? null : undefined);
    return this.writeScalar(store, field, start, end);
  }

  private writeTime(store: RowStore, { target }: CellField, event: EventCursor): boolean {
    const out = target.isKey ? store.keys : store.converted;
    const from = out.position;
    writeTime(out, event, target.plan.type as 'timestamptz'); // the time only feeds columns of time
    return this.place(store, target, out, from);
  }

  /** A cell that is a string of JSON. */
  private writeText(store: RowStore, field: CellField, start: number, end: number): boolean {
    const { target } = field;
    switch (target.plan.type) {
      case 'text':
        return this.writeVerbatim(store, target, start, end);
      case 'json':
      case 'jsonb':
        return this.writeQuoted(store, target, start, end);
      case 'int2':
      case 'int4':
      case 'int8':
        if (this.writeBytes(store, target, start, end)) return true;
    }
    return this.writeValue(store, field, this.view.toString('utf8', start, end));
  }

  /** A cell that is a number or a boolean of JSON. */
  private writeScalar(store: RowStore, field: CellField, start: number, end: number): boolean {
    const { target } = field;
    const { type } = target.plan;
    if (type === 'text' || type === 'json' || type === 'jsonb') return this.writeVerbatim(store, target, start, end);
    if (this.writeBytes(store, target, start, end)) return true;
    field.start = start;
    field.end = end;
    const text = this.view.toString('latin1', start, end);
    return this.writeValue(store, field, field.type.kind === 'boolean' ? text === 'true' : Number(text));
  }

  private writeVerbatim(store: RowStore, target: RowColumn, start: number, end: number): boolean {
    const { prefix } = target;
    if (!target.isKey) {
      store.setText(this.field, start, end);
      this.size += LENGTH_BYTES + prefix + end - start;
      return true;
    }
    const out = store.keys;
    const from = out.position;
    out.int32(prefix + end - start);
    if (prefix === 1) out.byte(JSONB_VERSION);
    out.copy(this.text, start, end);
    return this.place(store, target, out, from);
  }

  private writeQuoted(store: RowStore, target: RowColumn, start: number, end: number): boolean {
    const out = target.isKey ? store.keys : store.converted;
    const from = out.position;
    out.int32(target.prefix + end - start + 2);
    if (target.prefix === 1) out.byte(JSONB_VERSION);
    out.byte(QUOTE);
    out.copy(this.text, start, end);
    out.byte(QUOTE);
    return this.place(store, target, out, from);
  }

  private writeBytes(store: RowStore, target: RowColumn, start: number, end: number): boolean {
    const out = target.isKey ? store.keys : store.converted;
    const from = out.position;
    return target.bytes?.(out, this.text, start, end) === true && this.place(store, target, out, from);
  }

  private writeValue(store: RowStore, field: CellField, value: unknown): boolean {
    const { target } = field;
    const out = target.isKey ? store.keys : store.converted;
    const from = out.position;
    field.event.text = this.text;
    return target.value.write(out, value, field) === undefined && this.place(store, target, out, from);
  }

  private place(store: RowStore, target: RowColumn, out: ByteWriter, from: number): true {
    if (target.isKey) store.setText(this.field, from, out.position);
    else store.setConverted(this.field, from);
    this.size += out.position - from;
    return true;
  }

  private writeAbsent(store: RowStore, { target, event }: CellField, value: null | undefined): boolean {
    if (target.isPartition || refuseAbsent(target, event, value) !== undefined) return false;
    if (value === undefined && target.defaultBit !== 0) {
      this.omitted |= target.defaultBit;
      store.setOmitted(this.field);
    } else {
      store.setNull(this.field);
      this.size += LENGTH_BYTES;
    }
    return true;
  }

  private turnTo(text: Uint8Array): void {
    this.text = text;
    this.view = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  }
}

/**
 * Opens the writer of rows of a shape into the columns of a table; undefined when some of it does not stand in cells.
 * @param columns in the order in which they are written: those of the key first.
 */
export function openCellRow(columns: readonly RowColumn[], shape: RowShape): CellRow | undefined {
  const fields = columns.map((column) => cellField(column, shape));
  if (!fields.every((field) => field !== undefined)) return undefined;
  const partition = fields.find(({ target }) => target.isPartition);
  if (partition === undefined || partition.from === From.time) return new CellRow(fields, undefined);
  const isText = partition.from === From.cell && partition.type.kind === 'text';
  return isText ? new CellRow(fields, partition) : undefined;
}
