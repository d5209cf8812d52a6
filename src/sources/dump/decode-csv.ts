import { isUtf8 } from 'node:buffer';
import type { DecodedRecord } from '../../event/event.js';
import { CsvRows, type RowEnd } from '../../event/rows/csv-rows.js';
import { RowBuilder } from '../../event/rows/row-builder.js';
import type { CellType, RowShape } from '../../event/rows/row-shape.js';
import type { RecordFormat, RecordProblem, TakeRow } from '../source.js';
import { problemRawBytes } from './splitter.js';

type CsvFormat = Extract<RecordFormat, { kind: 'csv' }>;

/** Where records and problems go. */
export interface Outlets {
  readonly emit: (record: DecodedRecord) => void;
  readonly fail: (problem: RecordProblem) => void;
  readonly takeRow?: TakeRow | undefined;
}

/**
 * Opens a decoder of rows. A row that is ragged, badly quoted or no UTF-8 is a problem of its own; the rows around it
 * are whole. Returns the number of lines.
 */
export function decodeCsv(
  cellTypes: Readonly<Record<string, CellType>>,
): (bytes: Uint8Array, format: CsvFormat, outlets: Outlets) => number {
  let dialect: CsvDialectTools | undefined;
  return (bytes, format, outlets) => {
    if (dialect === undefined || !isSameFormat(dialect.format, format)) {
      dialect = { format, rows: new CsvRows(format), builder: new RowBuilder(shapeOf(format, cellTypes)) };
    }
    return decodeRows(dialect, { bytes, first: format.header ?? { bytes: 0, lines: 0 } }, outlets);
  };
}

/** How the rows of a format are read; a column without a type holds text. */
export function shapeOf({ columns, delimiter, quote }: CsvFormat, types: Readonly<Record<string, CellType>>): RowShape {
  const typeOf = (name: string) => (Object.hasOwn(types, name) ? types[name] : undefined) ?? asText;
  return { columns, delimiter, quote, types: columns.map(typeOf) };
}

const asText: CellType = { kind: 'text', nullable: false };

interface CsvDialectTools {
  readonly format: CsvFormat;
  readonly rows: CsvRows;
  readonly builder: RowBuilder;
}

function isSameFormat(left: CsvFormat, right: CsvFormat): boolean {
  return (
    left.delimiter === right.delimiter &&
    left.quote === right.quote &&
    left.columns.length === right.columns.length &&
    left.columns.every((column, index) => column === right.columns[index])
  );
}

interface Rows {
  readonly bytes: Uint8Array;
  /** Where the first row begins, and on which line. */
  readonly first: { readonly bytes: number; readonly lines: number };
}

function decodeRows({ rows, builder, format }: CsvDialectTools, { bytes, first }: Rows, outlets: Outlets): number {
  const { emit, fail, takeRow } = outlets;
  const width = format.columns.length;
  if (takeRow === undefined) builder.begin(bytes, rows);
  else builder.beginBehind(bytes, rows);
  let line = first.lines;
  for (let start = first.bytes; start < bytes.length; start = rows.end) {
    const end = rows.read(bytes, start, true);
    if (end !== 'whole' || rows.cells !== width || isConflict(bytes, start)) {
      const problem =
        rows.isBlank(start) && end === 'whole' ? undefined : problemOf(rows, end, { bytes, start, width });
      if (problem !== undefined) fail({ ...problem, offset: start, line, raw: rawOf(bytes, start, rows.end) });
    } else if (rows.hasHigh && !isUtf8(bytes.subarray(start, rows.end))) {
      const message = 'the row is not valid UTF-8';
      fail({ code: 'invalid_utf8', message, offset: start, line, raw: rawOf(bytes, start, rows.end) });
    } else if (width > 1 || !rows.isBlank(start)) {
      if (takeRow?.(rows, builder.output, line) !== true) emit(builder.build(start, line));
    }
    line += rows.lines;
  }
  return line;
}

interface Row {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly width: number;
}

function problemOf(rows: CsvRows, end: RowEnd, { bytes, start, width }: Row): { code: string; message: string } {
  if (isConflict(bytes, start)) return { code: 'merge_conflict', message: 'a merge conflict marker, not a row' };
  if (end === 'broken') {
    const message = 'a quoted cell is never closed, or goes on behind its quote; is the file quoted at all (--quote)?';
    return { code: 'broken_quote', message };
  }
  return { code: 'ragged_row', message: `${count(rows.cells, 'cell')} where the header names ${width}` };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Seven of `<`, `=`, `>` or `|` at the start of a line, followed by a space or nothing: what git leaves behind. */
function isConflict(bytes: Uint8Array, start: number): boolean {
  const mark = bytes[start];
  if (mark !== 0x3c && mark !== 0x3d && mark !== 0x3e && mark !== 0x7c) return false;
  for (let at = start + 1; at < start + 7; at += 1) if (bytes[at] !== mark) return false;
  const behind = bytes[start + 7] ?? 0x0a;
  return behind === 0x20 || behind === 0x0a || behind === 0x0d;
}

function rawOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  let to = end;
  while (to > start && (bytes[to - 1] === 0x0a || bytes[to - 1] === 0x0d)) to -= 1;
  return bytes.slice(start, Math.min(to, start + problemRawBytes));
}
