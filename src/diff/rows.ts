/** Words of one row in memory and on disk. */
export const ROW = 16;
const KEY = 0;
const CONTENT = 4;
const TIME = 8;
const POSITION = 10;
const LENGTH = 12;
/** The lower bits are the name, the upper ones the cell. */
const NAME = 13;
const NAME_BITS = 17;
const PART = 14;
const LINE = 15;

/** Rows in one block of memory: what is kept of each event until both sides are joined. */
export class Rows {
  readonly count: number;
  private readonly doubles: Float64Array;

  /** @param words `ROW` words a row; the buffer starts at a multiple of eight bytes. */
  constructor(readonly words: Uint32Array) {
    this.count = words.length / ROW;
    this.doubles = new Float64Array(words.buffer, words.byteOffset, words.length / 2);
  }

  /** One of the four words of a row's key hash. */
  key(row: number, word: number): number {
    return this.words[row * ROW + KEY + word] ?? 0;
  }

  /** Microseconds since the Unix epoch, NaN without a time. */
  timeUs(row: number): number {
    return this.doubles[(row * ROW + TIME) / 2] ?? Number.NaN;
  }

  /** Where the text stands: see `TextStore`. */
  place(row: number): TextPlace {
    const at = row * ROW;
    return {
      part: this.words[at + PART] ?? 0,
      position: this.doubles[(at + POSITION) / 2] ?? 0,
      length: this.words[at + LENGTH] ?? 0,
      line: this.words[at + LINE] ?? 0,
    };
  }

  /** Index into the table of names. */
  name(row: number): number {
    return (this.words[row * ROW + NAME] ?? 0) & ((1 << NAME_BITS) - 1);
  }

  /** The cell of the key, where a table's checksums are compared. */
  cell(row: number): number {
    return (this.words[row * ROW + NAME] ?? 0) >>> NAME_BITS;
  }

  /** The four words of a row's content hash, to be compared with those of a text that is read again. */
  content(row: number): Uint32Array {
    return this.words.subarray(row * ROW + CONTENT, row * ROW + CONTENT + 4);
  }
}

/** Where the text of an event is found again, and the line that users know it by. */
export interface TextPlace {
  readonly part: number;
  readonly position: number;
  readonly length: number;
  readonly line: number;
}

/** What a row is made of. */
export interface RowFacts extends TextPlace {
  readonly timeUs: number;
  /** Below 2^17. */
  readonly name: number;
  /** Below 2^15; 0 where no cells are compared. */
  readonly cell: number;
}

/** Writes rows behind one another. */
export class RowWriter {
  private words: Uint32Array;
  private doubles: Float64Array;
  count = 0;

  constructor(private readonly most: number) {
    this.words = new Uint32Array(ROW * Math.min(16, most));
    this.doubles = new Float64Array(this.words.buffer);
  }

  get isFull(): boolean {
    return this.count === this.most;
  }

  /** @param hashes the eight words of the encoder, from `from` on. */
  add(hashes: Uint32Array, from: number, facts: RowFacts): void {
    if ((this.count + 1) * ROW > this.words.length) this.grow();
    const at = this.count++ * ROW;
    const { words, doubles } = this;
    for (let i = 0; i < 8; i++) words[at + i] = hashes[from + i] as number; // the encoder wrote eight
    doubles[(at + TIME) / 2] = facts.timeUs;
    doubles[(at + POSITION) / 2] = facts.position;
    words[at + LENGTH] = facts.length;
    words[at + NAME] = facts.name | (facts.cell << NAME_BITS);
    words[at + PART] = facts.part;
    words[at + LINE] = facts.line;
  }

  /** The rows that have been written; they hold until the writer is cleared. */
  bytes(): Uint8Array {
    return new Uint8Array(this.words.buffer, 0, this.count * ROW * 4);
  }

  clear(): void {
    this.count = 0;
  }

  private grow(): void {
    const wider = new Uint32Array(Math.min(this.words.length * 2, this.most * ROW));
    wider.set(this.words);
    this.words = wider;
    this.doubles = new Float64Array(wider.buffer);
  }
}

/** The order of two keys by their hashes; equal keys give 0. */
export function isSameKey(left: Rows, a: number, right: Rows, b: number): boolean {
  return (
    left.key(a, 0) === right.key(b, 0) &&
    left.key(a, 1) === right.key(b, 1) &&
    left.key(a, 2) === right.key(b, 2) &&
    left.key(a, 3) === right.key(b, 3)
  );
}

/** Whether two rows have the same content. */
export function isSameContent(left: Rows, a: number, right: Rows, b: number): boolean {
  const [i, j] = [a * ROW + CONTENT, b * ROW + CONTENT];
  const [x, y] = [left.words, right.words];
  return x[i] === y[j] && x[i + 1] === y[j + 1] && x[i + 2] === y[j + 2] && x[i + 3] === y[j + 3];
}
