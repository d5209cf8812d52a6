import { ByteWriter } from './byte-writer.js';

const INITIAL_ROWS = 4_096;
/** Stands in `starts` for a field that is NULL. */
export const NULL_MARK = -1;
/** Stands in `starts` for a field that is left to its default. */
export const OMITTED_MARK = -2;
const FIRST_CONVERTED = -3;

/**
 * The rows of a batch before they are put in order: for each field where its bytes stand, in the text of the events
 * or in what was converted out of it, so that a row is written once, when its place is known.
 */
export class RowStore {
  /** Fields in their final form. */
  readonly converted = new ByteWriter(1 << 18);
  /** Keys in their binary form, each field with its length in front. */
  readonly keys = new ByteWriter(1 << 18);
  count = 0;
  /** Bytes that all rows will take. */
  size = 0;
  events = new Uint32Array(INITIAL_ROWS);
  keyEnds = new Uint32Array(INITIAL_ROWS);
  /** Bytes of each row, and where it begins among all rows, once that is known. */
  sizes = new Uint32Array(INITIAL_ROWS);
  places = new Uint32Array(INITIAL_ROWS);
  /**
   * Field `i` of row `r` begins at `starts[r * width + i]` of the text (of `keys`, for a column of the key), or has
   * a mark there, or a number below the marks: see `convertedAt`.
   */
  starts: Int32Array<ArrayBuffer>;
  ends: Int32Array<ArrayBuffer>;

  /** @param width fields of a row. */
  constructor(readonly width: number) {
    this.starts = new Int32Array(INITIAL_ROWS * width);
    this.ends = new Int32Array(INITIAL_ROWS * width);
  }

  /** Makes room for another row and returns the number of its first field. */
  begin(): number {
    if (this.count === this.events.length) this.grow();
    return this.count * this.width;
  }

  /** Keeps the row that was written since `begin`. */
  keep(event: number, size: number): void {
    this.events[this.count] = event;
    this.keyEnds[this.count] = this.keys.position;
    this.sizes[this.count] = size;
    this.size += size;
    this.count++;
  }

  /** Takes back what was written since `begin`. */
  drop(converted: number, keys: number): void {
    this.converted.position = converted;
    this.keys.position = keys;
  }

  clear(): void {
    this.converted.position = 0;
    this.keys.position = 0;
    this.count = 0;
    this.size = 0;
  }

  setText(field: number, start: number, end: number): void {
    this.starts[field] = start;
    this.ends[field] = end;
  }

  setConverted(field: number, start: number): void {
    this.starts[field] = FIRST_CONVERTED - start;
    this.ends[field] = this.converted.position;
  }

  setNull(field: number): void {
    this.starts[field] = NULL_MARK;
  }

  setOmitted(field: number): void {
    this.starts[field] = OMITTED_MARK;
  }

  private grow(): void {
    this.events = doubled(this.events, Uint32Array);
    this.keyEnds = doubled(this.keyEnds, Uint32Array);
    this.sizes = doubled(this.sizes, Uint32Array);
    this.places = doubled(this.places, Uint32Array);
    this.starts = doubled(this.starts, Int32Array);
    this.ends = doubled(this.ends, Int32Array);
  }
}

/** Where in `converted` a field begins whose number in `starts` is below the marks. */
export function convertedAt(start: number): number {
  return FIRST_CONVERTED - start;
}

type Columns = Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

function doubled<T extends Columns>(narrow: T, type: new (length: number) => T): T {
  const wider = new type(narrow.length * 2);
  wider.set(narrow);
  return wider;
}
