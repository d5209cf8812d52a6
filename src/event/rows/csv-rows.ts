import { byteClass, type CsvDialect, classifyBytes } from './csv-dialect.js';

/** How a row ended. `open`: it does not end in the bytes at hand. `broken`: a quote stands where none can. */
export type RowEnd = 'whole' | 'open' | 'broken';

/**
 * Finds rows and their cells: RFC 4180, with LF, CRLF or lone CR between rows. A quote inside a cell that does not begin
 * with one stands for itself. A row with a broken quote ends with its first line, so that it does not take its neighbours
 * with it. Holds the row that was read last.
 */
export class CsvRows {
  /** Where the row begins. */
  start = 0;
  /** Position behind the row and its line end. */
  end = 0;
  /** Lines that the row spans. */
  lines = 1;
  cells = 0;
  /** Bounds of each cell, without its quotes. */
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  /** Whether a cell holds doubled quotes. */
  doubled = new Uint8Array(64);
  /** Whether the row holds a byte that is not ASCII, and one that may not stand in JSON text as it is. */
  hasHigh = false;
  hasEscape = false;

  private readonly classes: Uint8Array;
  private readonly quote: number;
  private readonly escapesDelimiter: boolean;

  constructor(dialect: CsvDialect) {
    this.classes = classifyBytes(dialect);
    this.escapesDelimiter = JSON.stringify(dialect.delimiter) !== `"${dialect.delimiter}"`;
    this.quote = dialect.quote === null ? -1 : dialect.quote.charCodeAt(0);
  }

  /** Reads the row that begins at `start`. @param isEnd whether nothing follows `bytes`. */
  read(bytes: Uint8Array, start: number, isEnd: boolean): RowEnd {
    this.start = start;
    this.cells = 0;
    this.lines = 1;
    this.hasHigh = false;
    this.hasEscape = false;
    let at = start;
    for (;;) {
      const end = bytes[at] === this.quote ? this.quotedCell(bytes, at) : this.plainCell(bytes, at);
      if (end === Open) return isEnd ? this.breakAt(bytes, start) : 'open';
      if (end === Broken) return this.breakAt(bytes, start);
      if (end === bytes.length) return this.finishAtEnd(end, isEnd);
      const kind = this.classes[bytes[end] ?? 0];
      if (kind !== byteClass.delimiter) return this.finishLine(bytes, end, isEnd);
      at = end + 1;
    }
  }

  /** Whether the row is a line without anything on it. */
  isBlank(start: number): boolean {
    return this.cells === 1 && this.starts[0] === start && this.ends[0] === start;
  }

  private plainCell(bytes: Uint8Array, start: number): number {
    const { classes } = this;
    const { length } = bytes;
    let at = start;
    for (;;) {
      while (at < length && classes[bytes[at] as number] === byteClass.plain) at += 1; // `at` is within bounds
      if (at === length) break;
      const kind = classes[bytes[at] as number]; // `at` is within bounds
      if (kind === byteClass.high) this.hasHigh = true;
      else if (kind === byteClass.escape) this.hasEscape = true;
      else if (kind === byteClass.quote) this.hasEscape = true;
      else break;
      at += 1;
    }
    this.addCell(start, at, 0);
    return at;
  }

  private quotedCell(bytes: Uint8Array, open: number): number {
    const { classes } = this;
    const { length } = bytes;
    let doubled = 0;
    for (let at = open + 1; at < length; at += 1) {
      const kind = classes[bytes[at] as number]; // `at` is within bounds
      if (kind === byteClass.plain) continue;
      if (kind === byteClass.delimiter) {
        if (this.escapesDelimiter) this.hasEscape = true;
        continue;
      }
      if (kind === byteClass.quote) {
        if (bytes[at + 1] !== this.quote) return this.closeQuoted(bytes, { start: open + 1, end: at, doubled });
        doubled = 1;
        this.hasEscape = true;
        at += 1;
      } else this.noteQuoted(kind, bytes, at);
    }
    return Open;
  }

  private noteQuoted(kind: number | undefined, bytes: Uint8Array, at: number): void {
    if (kind === byteClass.high) this.hasHigh = true;
    else this.hasEscape = true;
    if (kind === byteClass.lf || (kind === byteClass.cr && bytes[at + 1] !== 0x0a)) this.lines += 1;
  }

  private closeQuoted(bytes: Uint8Array, cell: { start: number; end: number; doubled: number }): number {
    const behind = cell.end + 1;
    if (behind < bytes.length) {
      const kind = this.classes[bytes[behind] ?? 0];
      if (kind !== byteClass.delimiter && kind !== byteClass.lf && kind !== byteClass.cr) return Broken;
    }
    this.addCell(cell.start, cell.end, cell.doubled);
    return behind;
  }

  private addCell(start: number, end: number, doubled: number): void {
    if (this.cells === this.starts.length) this.grow();
    this.starts[this.cells] = start;
    this.ends[this.cells] = end;
    this.doubled[this.cells] = doubled;
    this.cells += 1;
  }

  private grow(): void {
    const wider = this.starts.length * 2;
    const [starts, ends, doubled] = [new Int32Array(wider), new Int32Array(wider), new Uint8Array(wider)];
    starts.set(this.starts);
    ends.set(this.ends);
    doubled.set(this.doubled);
    Object.assign(this, { starts, ends, doubled });
  }

  private finishAtEnd(end: number, isEnd: boolean): RowEnd {
    this.end = end;
    return isEnd ? 'whole' : 'open';
  }

  private finishLine(bytes: Uint8Array, at: number, isEnd: boolean): RowEnd {
    const behind = lineEndBehind(bytes, at, isEnd);
    if (behind < 0) return 'open';
    this.end = behind;
    return 'whole';
  }

  private breakAt(bytes: Uint8Array, start: number): RowEnd {
    let at = start;
    while (at < bytes.length && bytes[at] !== 0x0a && bytes[at] !== 0x0d) at += 1;
    this.end = at === bytes.length ? at : lineEndBehind(bytes, at, true);
    this.lines = 1;
    return 'broken';
  }
}

const Open = -1;
const Broken = -2;

/** Position behind the line end at `at`, -1 when an LF may still follow a CR. */
function lineEndBehind(bytes: Uint8Array, at: number, isEnd: boolean): number {
  if (bytes[at] === 0x0a) return at + 1;
  if (at + 1 === bytes.length && !isEnd) return -1;
  return bytes[at + 1] === 0x0a ? at + 2 : at + 1;
}
