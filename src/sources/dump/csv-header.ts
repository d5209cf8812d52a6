import type { CsvDialect } from '../../event/rows/csv-dialect.js';
import { CsvRows } from '../../event/rows/csv-rows.js';

/** The names of a file's columns and where its rows begin. */
export interface CsvHeader {
  readonly columns: readonly string[];
  readonly bytes: number;
  readonly lines: number;
  /** Sentences on names that had to be made up. */
  readonly notes: readonly string[];
}

/** Reads the first row as names, each unique: a repeated one gets a number, an empty one its position. */
export function readHeader(head: Uint8Array, isWhole: boolean, dialect: CsvDialect): CsvHeader | undefined {
  const rows = new CsvRows(dialect);
  let at = 0;
  let lines = 0;
  for (;;) {
    if (at === head.length) return isWhole ? { columns: [], bytes: at, lines, notes: [] } : undefined;
    const end = rows.read(head, at, isWhole);
    if (end !== 'whole') return undefined;
    lines += rows.lines;
    if (!rows.isBlank(at)) break;
    at = rows.end;
  }
  return { ...uniqueNames(cellTexts(rows, head, dialect)), bytes: rows.end, lines };
}

/** The cells of the row that was read last, as text. */
function cellTexts(rows: CsvRows, bytes: Uint8Array, { quote }: CsvDialect): string[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: rows.cells }, (_, index) => {
    const text = view.toString('utf8', rows.starts[index], rows.ends[index]);
    return rows.doubled[index] === 1 && quote !== null ? text.replaceAll(quote + quote, quote) : text;
  });
}

function uniqueNames(names: readonly string[]): { columns: string[]; notes: string[] } {
  const taken = new Set<string>();
  const notes: string[] = [];
  const columns = names.map((name, index) => {
    const column = uniqueName(name === '' ? `column_${index + 1}` : name, taken, new Set(names));
    taken.add(column);
    if (column !== name)
      notes.push(
        `column ${index + 1} is ${name === '' ? 'without a name' : `a second "${name}"`}: read as "${column}"`,
      );
    return column;
  });
  return { columns, notes };
}

function uniqueName(name: string, taken: ReadonlySet<string>, others: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let count = 2; ; count += 1) {
    const candidate = `${name}_${count}`;
    if (!taken.has(candidate) && !others.has(candidate)) return candidate;
  }
}
