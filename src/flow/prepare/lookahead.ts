const LF = 0x0a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const LINES_AT_ONCE = 32;

/**
 * Parses lines of NDJSON many at a time, as one array: a fifth faster than line by line. What it hands out is only a
 * guess until the line has been scanned by itself: see `ObjectScan.isWhole`, and `drop` it when the scan says no.
 */
export class Lookahead {
  private view: Buffer = Buffer.alloc(0);
  private values: readonly unknown[] = [];
  private readonly starts = new Uint32Array(LINES_AT_ONCE);
  private next = 0;
  /** Lines before this position are not worth another try. */
  private deadBefore = 0;

  /** Turns to new bytes; with `isOff` nothing is handed out. */
  begin(view: Buffer, isOff: boolean): void {
    this.view = view;
    this.values = [];
    this.next = 0;
    this.deadBefore = isOff ? Number.POSITIVE_INFINITY : 0;
  }

  /** The value of the line that starts at `start`, or undefined when it has to be parsed by itself. */
  take(start: number): unknown {
    if (start < this.deadBefore) return undefined;
    if (this.next === this.values.length) this.fill(start);
    return this.starts[this.next] === start ? this.values[this.next++] : undefined;
  }

  /** Takes back what has been handed out last, and what would have come behind it. */
  drop(): void {
    this.deadBefore = Math.max(this.deadBefore, (this.starts[Math.max(0, this.values.length - 1)] ?? 0) + 1);
    this.values = [];
    this.next = 0;
  }

  private fill(from: number): void {
    const { view, starts } = this;
    const ends: number[] = [];
    let start = from;
    while (ends.length < LINES_AT_ONCE && view[start] === OPEN_BRACE) {
      const found = view.indexOf(LF, start);
      const end = found < 0 ? view.length : found;
      starts[ends.length] = start;
      ends.push(end);
      start = end + 1;
    }
    this.next = 0;
    this.values = ends.length > 1 ? parseLines(view, from, ends) : [];
    if (this.values.length === 0) this.deadBefore = Math.max(start, from + 1);
  }
}

/** The values of consecutive lines; none when together they are no JSON, or not as many values as lines. */
function parseLines(view: Buffer, start: number, ends: readonly number[]): readonly unknown[] {
  const last = ends.length - 1;
  for (let i = 0; i < last; i++) view[ends[i] as number] = COMMA; // `i` is within bounds
  try {
    const values: unknown = JSON.parse(`[${view.toString('utf8', start, ends[last])}]`);
    return Array.isArray(values) && values.length === ends.length ? values : [];
  } catch {
    return [];
  } finally {
    for (let i = 0; i < last; i++) view[ends[i] as number] = LF; // `i` is within bounds
  }
}
