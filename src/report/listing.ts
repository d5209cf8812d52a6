import type { Style } from './output.js';
import { createSections } from './sections.js';

/** Rows of one kind, and what is to be said of them. */
export interface Listing {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns whose cells are numbers. */
  readonly numbers?: readonly number[];
  readonly notes?: readonly string[];
}

/** A listing for a person. */
export async function renderListing(
  { title, head, rows, numbers = [], notes = [] }: Listing,
  style: Style,
): Promise<string> {
  const sections = createSections(style);
  const { paint } = sections;
  sections.block([paint.bold(title)]);
  if (rows.length > 0) {
    const { default: Table } = await import('cli-table3');
    const table = new Table({
      head: head.map(paint.bold),
      colAligns: head.map((_, at) => (numbers.includes(at) ? 'right' : 'left')),
      style: { head: [], border: [], compact: true },
    });
    for (const row of rows) table.push([...row]);
    sections.block([table.toString()]);
  }
  sections.sentences('note', notes);
  return sections.end();
}
