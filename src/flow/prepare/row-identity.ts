import { roundedOff } from '../../event/exact-time.js';
import type { Fields } from '../../event/fields.js';
import { plainTime } from '../../event/plain-time.js';
import type { Pointer } from '../../event/pointer.js';
import type { CsvRows } from '../../event/rows/csv-rows.js';
import type { CellType, RowShape } from '../../event/rows/row-shape.js';
import { createTimeReader, type TimeReader } from '../../event/time.js';
import { isDigit } from '../../schema/accept/bytes.js';
import type { Cursor } from './cursor.js';
import { KnownNames } from './known-names.js';

const ZERO = 0x30;
const MOST_DIGITS = 15;

/** A column of a row. */
interface Cell {
  readonly index: number;
  readonly kind: CellType['kind'];
}

interface Cells {
  readonly id: Cell;
  readonly time: Cell | undefined;
  readonly name: Cell | undefined;
}

/** Takes the identity of rows from their cells, as it would be taken from their events. */
export class RowIdentity {
  private readonly names = new KnownNames();
  private readonly readTime: TimeReader;
  private readonly isUtc: boolean;

  constructor(
    private readonly cells: Cells,
    timezone: string,
  ) {
    this.readTime = createTimeReader({ timezone });
    this.isUtc = timezone === 'UTC';
  }

  /** Fills id, name and time of the cursor, which stands on the row. False when the event has to be asked. */
  take(rows: CsvRows, cursor: Cursor): boolean {
    const { id, name, time } = this.cells;
    if (!takeId(id, rows, cursor)) return false;
    cursor.name = name === undefined ? '' : this.nameAt(name, rows, cursor);
    cursor.timeRest = 0;
    cursor.timeUs = time === undefined ? Number.NaN : this.timeAt(time, rows, cursor);
    return time === undefined || !Number.isNaN(cursor.timeUs);
  }

  private nameAt({ index }: Cell, rows: CsvRows, cursor: Cursor): string {
    const { names } = this;
    const start = rows.starts[index] as number; // every row has all cells
    const end = rows.ends[index] as number; // every row has all cells
    if (start === end) return '';
    const known = names.find(cursor.text, start, end);
    if (known !== undefined) return known;
    const name = cursor.slice(start, end);
    names.keep(cursor.text, start, end, name);
    return name;
  }

  private timeAt({ index, kind }: Cell, rows: CsvRows, cursor: Cursor): number {
    const start = rows.starts[index] as number; // every row has all cells
    const end = rows.ends[index] as number; // every row has all cells
    if (start === end) return Number.NaN;
    if (kind === 'text') {
      const plain = plainTime(cursor.text, start, end, this.isUtc);
      return Number.isNaN(plain) ? this.readTimeOf(cursor, cursor.slice(start, end)) : plain;
    }
    const number = Number(cursor.slice(start, end));
    // Of other numbers the event's own digits count.
    return Number.isSafeInteger(number) ? this.readTimeOf(cursor, number) : Number.NaN;
  }

  private readTimeOf(cursor: Cursor, value: string | number): number {
    const timeUs = this.readTime(value);
    cursor.timeRest = roundedOff(timeUs, value);
    return timeUs;
  }
}

/** Opens it for rows of a shape; undefined where the fields of a run are no cells of a kind that they can be read from. */
export function createRowIdentity(
  { id, time, name }: Fields,
  timezone: string,
  shape: RowShape,
): RowIdentity | undefined {
  const cells = { id: cellAt(shape, id), time: cellAt(shape, time), name: cellAt(shape, name) };
  const isThere = (cell: Cell | undefined, field: unknown) => (cell === undefined) === (field === undefined);
  if (cells.id === undefined || !isThere(cells.time, time) || !isThere(cells.name, name)) return undefined;
  if ((cells.name?.kind ?? 'text') !== 'text' || cells.time?.kind === 'boolean') return undefined;
  return new RowIdentity({ ...cells, id: cells.id }, timezone);
}

function cellAt({ columns, types }: RowShape, field: { readonly pointer: Pointer } | undefined): Cell | undefined {
  const [key, ...deeper] = field?.pointer ?? [];
  const index = key === undefined || deeper.length > 0 ? -1 : columns.indexOf(key);
  const kind = types[index]?.kind;
  return kind === undefined ? undefined : { index, kind };
}

/** Takes a text that is not empty, or a whole number that is written as people write it. */
function takeId({ index, kind }: Cell, rows: CsvRows, cursor: Cursor): boolean {
  const start = rows.starts[index] as number; // every row has all cells
  const end = rows.ends[index] as number; // every row has all cells
  if (start === end || (kind !== 'text' && !isPlainNumber(cursor.text, start, end))) return false;
  cursor.takeIdAt(start, end);
  return true;
}

function isPlainNumber(text: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length > MOST_DIGITS || (text[start] === ZERO && length > 1)) return false;
  for (let i = start; i < end; i++) if (!isDigit(text[i])) return false;
  return true;
}
