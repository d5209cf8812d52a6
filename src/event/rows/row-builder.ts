import type { DecodedRecord } from '../event.js';
import { isJson } from '../parse-or-undefined.js';
import { allocate, CellWriter } from './cell-writer.js';
import type { CsvRows } from './csv-rows.js';
import { isJsonNumber } from './json-number.js';
import type { CellType, RowShape } from './row-shape.js';

const nullText = Buffer.from('null');

const asText: CellType = { kind: 'text', nullable: false };

interface Column {
  readonly type: CellType;
  readonly isText: boolean;
  /** `,"name":` */
  readonly key: Uint8Array;
}

/** Makes events of rows: their JSON text, with every number's own digits. */
export class RowBuilder {
  private readonly columns: readonly Column[];
  private readonly keyBytes: number;
  private readonly quote: string | null;
  private readonly record: { -readonly [key in keyof DecodedRecord]: DecodedRecord[key] };
  private rows: CsvRows | undefined;
  private bytes: Uint8Array = new Uint8Array(0);
  private view: Buffer = Buffer.alloc(0);
  private writer = new CellWriter(new Uint8Array(0));
  /** JSON bytes for each byte of rows, as the last batch had it. */
  private expansion = 2;

  constructor({ quote, columns, types }: RowShape) {
    this.quote = quote;
    this.columns = columns.map((name, index) => {
      const type = types[index] ?? asText;
      return { type, isText: type.kind === 'text', key: Buffer.from(`,${JSON.stringify(name)}:`) };
    });
    this.keyBytes = this.columns.reduce((sum, { key }) => sum + key.length + 4, 2);
    this.record = { text: this.bytes, start: 0, end: 0, offset: 0, line: 0 };
  }

  /** What holds everything that was built since `begin`. */
  get output(): Uint8Array {
    return this.writer.bytes;
  }

  /** Turns to the rows of `bytes`, which `rows` will read one by one. */
  begin(bytes: Uint8Array, rows: CsvRows): void {
    if (this.bytes.length > 0) this.expansion = Math.max(1, this.writer.length / this.bytes.length);
    this.turnTo(bytes, rows);
    this.writer = new CellWriter(allocate(Math.ceil(bytes.length * this.expansion * 1.05) + 1024));
  }

  /** The same for rows of which few will be built: their events are written behind `bytes`. */
  beginBehind(bytes: Uint8Array, rows: CsvRows): void {
    this.turnTo(bytes, rows);
    this.writer = new CellWriter(bytes, bytes.length);
  }

  private turnTo(bytes: Uint8Array, rows: CsvRows): void {
    this.rows = rows;
    this.bytes = bytes;
    this.view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The event of the row that was read last. The same object each time. */
  build(offset: number, line: number): DecodedRecord {
    const { rows, writer, record, columns } = this;
    if (rows === undefined) return record;
    writer.reserve(this.keyBytes + (rows.hasEscape ? 6 : 1) * (rows.end - offset));
    const start = writer.length;
    for (let index = 0; index < columns.length; index += 1) this.cell(rows, index);
    if (writer.length === start) writer.byte(0x2c);
    // The comma of the first key makes room for the brace.
    writer.bytes[start] = 0x7b;
    writer.byte(0x7d);
    record.text = writer.bytes;
    record.start = start;
    record.end = writer.length;
    record.offset = offset;
    record.line = line;
    return record;
  }

  private cell(rows: CsvRows, index: number): void {
    const column = this.columns[index] as Column; // `index` is within bounds
    const start = rows.starts[index] as number; // as many cells as columns
    const end = rows.ends[index] as number; // as many cells as columns
    if (column.isText) {
      this.key(column);
      this.text(rows, index, start, end);
    } else if (start === end) {
      if (!column.type.nullable) return;
      this.key(column);
      this.writer.copy(nullText, 0, 4);
    } else {
      this.key(column);
      this.typed(rows, index, column.type);
    }
  }

  private key({ key }: Column): void {
    this.writer.copy(key, 0, key.length);
  }

  private typed(rows: CsvRows, index: number, { kind }: CellType): void {
    const start = rows.starts[index] as number; // as many cells as columns
    const end = rows.ends[index] as number; // as many cells as columns
    if (kind === 'json') this.json(rows, index);
    else if (this.isPlain(kind, start, end)) this.writer.copy(this.bytes, start, end);
    else this.text(rows, index, start, end);
  }

  /** Whether the cell is the JSON text of a value of its kind already. */
  private isPlain(kind: CellType['kind'], start: number, end: number): boolean {
    if (kind === 'boolean') return ['true', 'false'].includes(this.view.toString('latin1', start, end));
    return kind !== 'text' && isJsonNumber(this.bytes, start, end);
  }

  private json(rows: CsvRows, index: number): void {
    const start = rows.starts[index] as number; // as many cells as columns
    const end = rows.ends[index] as number; // as many cells as columns
    const text = this.undouble(rows, index, this.view.toString('utf8', start, end));
    if (!isJson(text)) {
      this.text(rows, index, start, end);
      return;
    }
    const source = Buffer.from(text);
    this.writer.onOneLine(source, 0, source.length);
  }

  private text(rows: CsvRows, index: number, start: number, end: number): void {
    const { writer, bytes } = this;
    if (!rows.hasEscape && rows.doubled[index] === 0) {
      writer.byte(0x22);
      writer.copy(bytes, start, end);
      writer.byte(0x22);
    } else if (rows.doubled[index] === 0) {
      writer.escaped(bytes, start, end);
    } else {
      const text = Buffer.from(this.undouble(rows, index, this.view.toString('utf8', start, end)));
      writer.escaped(text, 0, text.length);
    }
  }

  private undouble(rows: CsvRows, index: number, text: string): string {
    const { quote } = this;
    return rows.doubled[index] === 1 && quote !== null ? text.replaceAll(quote + quote, quote) : text;
  }
}
