import type { EventCursor } from '../../../event/event.js';
import type { Rejection } from '../../sink.js';
import { writeText } from './binary-values.js';
import type { ByteWriter } from './byte-writer.js';
import { copyBytes } from './copy-bytes.js';
import { type RowColumn, refuseAbsent, unparsable } from './row-column.js';
import { convertedAt, type RowStore } from './row-store.js';
import { escapeCopyText, inputText } from './text-values.js';
import { inputTime } from './time-values.js';

const TAB = 0x09;
const NEWLINE = 0x0a;
const NULL = '\\N';

/** Rows of COPY's text format, for tables with a type whose binary form is not known: one field each, the whole line. */
export class TextRow {
  readonly width = 1;
  omitted = 0;
  size = 0;

  constructor(
    private readonly columns: readonly RowColumn[],
    private readonly key: readonly RowColumn[],
  ) {}

  write(store: RowStore, event: EventCursor): Rejection | undefined {
    const { converted: rows, keys } = store;
    const field = store.begin();
    const start = rows.position;
    this.omitted = 0;
    let isFirst = true;
    for (const column of this.columns) {
      column.event = event;
      const text = textOf(column, event);
      const refusal = typeof text === 'string' ? refuseText(column, text) : refuseAbsent(column, event, text);
      if (refusal !== undefined) return refusal;
      if (text === undefined && column.defaultBit !== 0) {
        this.omitted |= column.defaultBit;
        continue;
      }
      if (!isFirst) rows.byte(TAB);
      isFirst = false;
      rows.text(typeof text === 'string' ? escapeCopyText(text) : NULL);
    }
    rows.byte(NEWLINE);
    for (const column of this.key) writeText(keys, textOf(column, event) ?? '', column.plan.name);
    store.setConverted(field, start);
    this.size = rows.position - start;
    return undefined;
  }

  assemble(store: RowStore, row: number, _text: DataView, out: ByteWriter): void {
    const start = convertedAt(store.starts[row] ?? 0);
    const length = (store.ends[row] ?? 0) - start;
    copyBytes(store.converted.view, start, out.view, out.position, length);
    out.position += length;
  }
}

function textOf(column: RowColumn, event: EventCursor): string | null | undefined {
  const { plan, reader, readTime } = column;
  switch (plan.source.kind) {
    case 'id':
      return event.id;
    case 'name':
      return event.name === '' ? undefined : event.name;
    case 'time':
      return Number.isNaN(event.timeUs) ? undefined : inputTime(event, plan.type as 'timestamptz'); // the time only feeds columns of time
    default: {
      const value = reader.value(event);
      if (value === undefined || value === null) return value;
      return inputText(plan.type, value, column, readTime);
    }
  }
}

function refuseText(column: RowColumn, text: string): Rejection | undefined {
  if (column.isPartition && column.plan.source.kind !== 'time' && Number.isNaN(column.readTime(text))) {
    return unparsable(column, text);
  }
  if (!text.includes('\0')) return undefined;
  const reason = `column ${column.plan.name}: PostgreSQL cannot hold the character U+0000`;
  return { kind: 'rejected', code: 'nul_character', reason };
}
