import { CannotEvaluateError } from '../../errors.js';
import type { CsvDialect } from '../../event/rows/csv-dialect.js';
import { csvSplitter } from './csv.js';
import { readHeader } from './csv-header.js';
import type { BatchLimits } from './cut.js';
import { detectDelimiter } from './detect-delimiter.js';
import { jsonSplitter } from './json.js';
import { mixpanelSplitter } from './mixpanel-rows.js';
import { ndjsonSplitter } from './ndjson.js';
import type { DumpFormat, DumpOptions } from './options.js';
import type { Splitter } from './splitter.js';

/** What is known of a text before its first batch. */
export interface TextStart {
  readonly format: DumpFormat;
  readonly options: DumpOptions;
  readonly limits: BatchLimits;
  /** The first decoded bytes, and whether they are all. */
  readonly head: Uint8Array;
  readonly isWhole: boolean;
  readonly label: string;
  readonly note: (sentence: string) => void;
}

/** Chooses how a text is cut. @throws CannotEvaluateError when it has no usable header. */
export function openSplitter(start: TextStart): Splitter {
  const { format, limits, options } = start;
  if (format === 'csv' || format === 'tsv') return openCsv(start);
  if (format === 'mixpanel-export') return mixpanelSplitter(limits.batchRecords, start.label);
  if (format === 'ndjson') return ndjsonSplitter(limits.batchRecords);
  return jsonSplitter({
    isSingle: format === 'json',
    keepsArrays: format === 'json' && options.keepsArrays === true,
    batchRecords: limits.batchRecords,
  });
}

function openCsv(start: TextStart): Splitter {
  const { options, limits, head, isWhole, label, note } = start;
  const dialect = dialectOf(start);
  const named = options.columns && { columns: options.columns, bytes: 0, lines: 0, notes: [] };
  const header = named ?? readHeader(head, isWhole, dialect);
  if (header === undefined) {
    throw new CannotEvaluateError(`${label}: the first line is no header that could be read`, {
      code: 'source_bad_header',
      hint: 'name the columns with --columns, or the quoting with --quote; a header has at most 64 KiB',
    });
  }
  for (const sentence of header.notes) note(`${label}: ${sentence}`);
  return csvSplitter({ ...dialect, ...limits, columns: header.columns, header });
}

function dialectOf({ format, options, head }: TextStart): CsvDialect {
  const lines = Buffer.from(head)
    .toString('latin1')
    .split(/\r\n|\n|\r/u)
    .filter((line) => line !== '');
  const detected = format === 'tsv' ? '\t' : detectDelimiter(lines);
  const delimiter = options.delimiter === '\\t' ? '\t' : options.delimiter;
  return { delimiter: delimiter ?? detected ?? ',', quote: options.quote === '' ? null : (options.quote ?? '"') };
}
