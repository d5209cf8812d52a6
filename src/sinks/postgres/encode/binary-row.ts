import type { EventCursor } from '../../../event/event.js';
import type { Rejection } from '../../sink.js';
import { isPlainString } from './byte-values.js';
import type { ByteWriter } from './byte-writer.js';
import { copyBytes, copyText } from './copy-bytes.js';
import { at } from './refusal.js';
import { type RowColumn, refuseAbsent, unparsable } from './row-column.js';
import { convertedAt, NULL_MARK, OMITTED_MARK, type RowStore } from './row-store.js';
import { writeTime } from './time-values.js';

const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
const JSONB_VERSION = 1;
const QUOTE = 0x22;
const LETTER_N = 0x6e;

interface TextSpan {
  readonly text: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/**
 * Rows of COPY BINARY: the number of fields, then each with its length. Fields of the key stand in the store's keys,
 * texts and JSON where the event has them, and everything else converted.
 */
export class BinaryRow {
  omitted = 0;
  size = 0;
  private field = 0;
  readonly width: number;

  /** @param order those of the key first, as they stand in the key. */
  constructor(
    private readonly columns: readonly RowColumn[],
    private readonly order: readonly RowColumn[],
  ) {
    this.width = columns.length;
  }

  write(store: RowStore, event: EventCursor): Rejection | undefined {
    const base = store.begin();
    const { order } = this;
    this.omitted = 0;
    this.size = COUNT_BYTES;
    for (let i = 0; i < order.length; i++) {
      const column = order[i] as RowColumn; // within bounds by the loop condition
      this.field = base + column.index;
      const refusal = this.writeField(store, column, event);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  assemble(store: RowStore, row: number, text: DataView, out: ByteWriter): void {
    const { columns } = this;
    const base = row * this.width;
    const countAt = out.position;
    let count = columns.length;
    out.position += COUNT_BYTES;
    for (let i = 0; i < columns.length; i++) {
      const start = store.starts[base + i] as number; // every row has all fields
      const end = store.ends[base + i] as number; // every row has all fields
      const column = columns[i] as RowColumn; // within bounds by the loop condition
      if (column.isKey) append(out, store.keys.view, start, end);
      else if (start >= 0) appendText(out, text, start, end, column);
      else if (start === NULL_MARK) out.int32(-1);
      else if (start === OMITTED_MARK) count--;
      else append(out, store.converted.view, convertedAt(start), end);
    }
    out.view.setInt16(countAt, count);
  }

  private writeField(store: RowStore, column: RowColumn, event: EventCursor): Rejection | undefined {
    switch (column.plan.source.kind) {
      case 'time':
        if (Number.isNaN(event.timeUs)) return this.writeAbsent(store, column, event, undefined);
        return this.writeTime(store, column, event);
      case 'id':
        return this.writeId(store, column, event);
      case 'name':
        if (event.name === '') return this.writeAbsent(store, column, event, undefined);
        return this.writeValue(store, column, event, event.name);
      default:
        return this.writeMember(store, column, event);
    }
  }

  private writeTime(store: RowStore, column: RowColumn, event: EventCursor): undefined {
    const out = column.isKey ? store.keys : store.converted;
    const from = out.position;
    writeTime(out, event, column.plan.type as 'timestamptz'); // the time only feeds columns of time
    this.place(store, column, out, from);
  }

  /** Straight from where the id stands in the text, when it does. */
  private writeId(store: RowStore, column: RowColumn, event: EventCursor): Rejection | undefined {
    const { text, idStart, idEnd } = event;
    const out = column.isKey ? store.keys : store.converted;
    const from = out.position;
    const quote = column.plan.type === 'text' && text[idStart - 1] === QUOTE ? 1 : 0;
    if (idEnd === idStart || !column.bytes?.(out, text, idStart - quote, idEnd + quote)) {
      return this.writeValue(store, column, event, event.id);
    }
    this.place(store, column, out, from);
    return undefined;
  }

  private writeValue(store: RowStore, column: RowColumn, event: EventCursor, value: unknown): Rejection | undefined {
    const out = column.isKey ? store.keys : store.converted;
    const from = out.position;
    column.event = event;
    const refusal = column.value.write(out, value, column);
    if (refusal === undefined) this.place(store, column, out, from);
    return refusal;
  }

  private writeMember(store: RowStore, column: RowColumn, event: EventCursor): Rejection | undefined {
    const { reader, bytes } = column;
    if (!reader.locate(event)) return this.writeAbsent(store, column, event, undefined);
    const { text } = event;
    const { start, end } = reader;
    if (text[start] === LETTER_N) return this.writeAbsent(store, column, event, null);
    if (column.isVerbatim && this.pointTo(store, column, { text, start, end })) return undefined;
    const out = column.isKey ? store.keys : store.converted;
    const from = out.position;
    if (bytes?.(out, text, start, end)) {
      this.place(store, column, out, from);
      return undefined;
    }
    const value = reader.value(event);
    const refusal = this.writeValue(store, column, event, value);
    if (refusal === undefined) return undefined;
    return column.isPartition ? unparsable(column, value) : at(reader.pointer, refusal);
  }

  /** Leaves the field where the event has it; false for a string with escapes. */
  private pointTo(store: RowStore, column: RowColumn, { text, start, end }: TextSpan): boolean {
    const isString = column.plan.type === 'text' && text[start] === QUOTE;
    if (isString && !isPlainString(text, start, end)) return false;
    const quote = isString ? 1 : 0;
    store.setText(this.field, start + quote, end - quote);
    this.size += LENGTH_BYTES + column.prefix + end - start - 2 * quote;
    return true;
  }

  private place(store: RowStore, column: RowColumn, out: ByteWriter, from: number): void {
    if (column.isKey) store.setText(this.field, from, out.position);
    else store.setConverted(this.field, from);
    this.size += out.position - from;
  }

  private writeAbsent(
    store: RowStore,
    column: RowColumn,
    event: EventCursor,
    value: null | undefined,
  ): Rejection | undefined {
    const refusal = refuseAbsent(column, event, value);
    if (refusal !== undefined) return refusal;
    if (value === undefined && column.defaultBit !== 0) {
      this.omitted |= column.defaultBit;
      store.setOmitted(this.field);
    } else {
      store.setNull(this.field);
      this.size += LENGTH_BYTES;
    }
    return undefined;
  }
}

/** Appends bytes that are in their final form. */
function append(out: ByteWriter, from: DataView, start: number, end: number): void {
  copyBytes(from, start, out.view, out.position, end - start);
  out.position += end - start;
}

function appendText(out: ByteWriter, text: DataView, start: number, end: number, { prefix }: RowColumn): void {
  const length = end - start;
  out.view.setInt32(out.position, length + prefix);
  out.position += LENGTH_BYTES;
  if (prefix === 1) out.byte(JSONB_VERSION);
  copyText(text, start, out.view, out.position, length);
  out.position += length;
}
