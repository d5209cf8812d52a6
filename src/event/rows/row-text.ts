import { CsvRows } from './csv-rows.js';
import { RowBuilder } from './row-builder.js';
import type { RowShape } from './row-shape.js';

/** The JSON text of the event whose row is `text[start, end)`, as the decoder of rows would have written it. */
export function rowText(shape: RowShape, text: Uint8Array, { start, end }: Bounds): Uint8Array {
  const row = text.subarray(start, end);
  const rows = new CsvRows(shape);
  const builder = new RowBuilder(shape);
  builder.begin(row, rows);
  rows.read(row, 0, true);
  const event = builder.build(0, 0);
  return event.text.subarray(event.start, event.end);
}

interface Bounds {
  readonly start: number;
  readonly end: number;
}
