import type { Readable } from 'node:stream';
import type { CellType } from '../../event/rows/row-shape.js';

/** How a dump is written. `json` is one JSON text a file, `json-stream` any number of them, pretty-printed or not. */
export type DumpFormat = 'ndjson' | 'json' | 'json-stream' | 'csv' | 'tsv' | 'parquet' | 'mixpanel-export';

/** How dumps are opened and cut. Everything is optional; what is left out is detected or has a default. */
export interface DumpOptions {
  /** Taken for every file instead of what its content looks like. */
  readonly format?: DumpFormat;
  /** With the format `json`: the one text of a file is one record, even when it is an array. */
  readonly keepsArrays?: boolean;
  /** Column names of CSV and TSV files that have no header line. */
  readonly columns?: readonly string[];
  /** One ASCII character, or `\t`; default: detected from the first lines. */
  readonly delimiter?: string;
  /** One ASCII character, default `"`; the empty text means that nothing is quoted. */
  readonly quote?: string;
  /** Brotli has no magic bytes: true for files that are compressed with it and are not named `.br`. */
  readonly brotli?: boolean;
  /** Aimed-at size of a batch in bytes; a longer record makes a longer batch. Default 4 MiB. */
  readonly batchBytes?: number;
  /** Aimed-at number of records in a batch. Default 8,000. */
  readonly batchRecords?: number;
  /** A longer record is reported and skipped. Default 64 MiB. */
  readonly maxRecordBytes?: number;
  /** What `-` reads; default the standard input of the process. */
  readonly stdin?: Readable;
  /** Types of CSV columns by name, as the schema has them; a column that is not named stays text. */
  readonly cellTypes?: Readonly<Record<string, CellType>>;
  /** Environment for S3: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `AWS_REGION`, credentials. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}
