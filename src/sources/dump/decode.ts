import type { CellType } from '../../event/rows/row-shape.js';
import type { Decoder } from '../source.js';
import { decodeCsv, shapeOf } from './decode-csv.js';
import { decodeLines } from './decode-lines.js';
import { decodeMixpanelRows } from './decode-mixpanel.js';
import { decodeSpans } from './decode-spans.js';

/** What decoding a dump needs to know, as plain data. */
export interface DecodeOptions {
  /** Types of CSV columns by name; a column that is not named stays text. */
  readonly cellTypes: Readonly<Record<string, CellType>>;
}

/** Opens the decoder of dumps: one a worker, without I/O. */
export function createDecoder({ cellTypes }: DecodeOptions): Decoder {
  const decodeRows = decodeCsv(cellTypes);
  return {
    rowsOf: (format) => (format.kind === 'csv' ? shapeOf(format, cellTypes) : undefined),
    decode(batch, emit, fail, takeRow) {
      const { format, bytes, spans, spanLines } = batch;
      if (bytes.length === 0) return 0;
      if (format.kind === 'mixpanel-export') return decodeMixpanelRows(bytes, emit);
      if (format.kind === 'csv') return decodeRows(bytes, format, { emit, fail, takeRow });
      if (spans === undefined) return decodeLines(bytes, emit);
      const lines = spanLines ?? new Uint32Array(spans.length / 2);
      // Lines that come with their bounds are rows: their positions are row numbers, not bytes.
      return decodeSpans(bytes, { spans, lines, offsets: format.kind === 'ndjson' ? lines : undefined }, emit);
    },
  };
}
