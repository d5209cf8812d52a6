import type { PortableSum } from '../sources/portable.js';

/** Cells into which the rows of a side are put; fewer are made of them by their last bits. */
export const MOST_CELLS = 32_768;

const WORD = 2 ** 32;

/** Checksums of one side by cells of the key, added up while it is read. */
export class CellSums {
  private readonly rows = new Float64Array(MOST_CELLS);
  private readonly lows = new Float64Array(MOST_CELLS);
  private readonly highs = new Float64Array(MOST_CELLS);
  private readonly lasts = new Float64Array(MOST_CELLS).fill(Number.NaN);
  private readonly firsts = new Float64Array(MOST_CELLS).fill(Number.NaN);

  /** Adds one row by the two words of its hash. */
  add(
    cell: number,
    { low, high, timeUs }: { readonly low: number; readonly high: number; readonly timeUs: number },
  ): void {
    this.rows[cell] = this.rowsAt(cell) + 1;
    const sum = (this.lows[cell] as number) + low; // cells are within bounds
    const carry = sum >= WORD ? 1 : 0;
    this.lows[cell] = sum - carry * WORD;
    this.highs[cell] = ((this.highs[cell] as number) + high + carry) % WORD; // as above
    if (!(timeUs >= (this.firsts[cell] as number)) && !Number.isNaN(timeUs)) this.firsts[cell] = timeUs; // as above
    if (!(timeUs <= (this.lasts[cell] as number)) && !Number.isNaN(timeUs)) this.lasts[cell] = timeUs; // as above
  }

  /** The sums of `cells` cells, a power of two. */
  folded(cells: number): PortableSum[] {
    return Array.from({ length: cells }, (_, first) => {
      let rows = 0;
      let sum = 0n;
      for (let cell = first; cell < MOST_CELLS; cell += cells) {
        rows += this.rowsAt(cell);
        sum += BigInt(this.highs[cell] ?? 0) * BigInt(WORD) + BigInt(this.lows[cell] ?? 0);
      }
      return { rows, sum: BigInt.asUintN(64, sum) };
    });
  }

  /** How many rows the chosen cells have, and the times between which they lie, NaN when none has one. */
  extent(isChosen: (cell: number) => boolean) {
    let rows = 0;
    let [firstUs, lastUs] = [Number.NaN, Number.NaN];
    for (let cell = 0; cell < MOST_CELLS; cell++) {
      if (!isChosen(cell)) continue;
      rows += this.rowsAt(cell);
      firstUs = earlier(firstUs, this.firsts[cell] ?? Number.NaN);
      lastUs = -earlier(-lastUs, -(this.lasts[cell] ?? Number.NaN));
    }
    return { rows, firstUs, lastUs };
  }

  private rowsAt(cell: number): number {
    return this.rows[cell] ?? 0;
  }
}

/** The smaller of two numbers of which either may be NaN. */
export function earlier(a: number, b: number): number {
  return Number.isNaN(a) || b < a ? b : a;
}
