import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { CannotEvaluateError } from '../../errors.js';
import type { DoneStretch, RawBatch } from '../source.js';
import { type BatchLimits, gapsBetween } from './cut.js';
import { literal, rowAsJson } from './parquet-json.js';

/** One Parquet file in the local file system. */
export interface ParquetReading {
  readonly part: number;
  readonly path: string;
  /** As the user knows it. */
  readonly label: string;
  readonly storedBytes: number;
  readonly limits: BatchLimits;
  readonly done: readonly DoneStretch[];
  readonly signal: AbortSignal;
}

/**
 * Reads the rows of a Parquet file as JSON texts, in their order and in constant memory. Positions are row numbers.
 * @throws CannotEvaluateError when the file cannot be read on.
 */
export async function* readParquet(reading: ParquetReading): AsyncGenerator<RawBatch> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '128MB', threads: '1' });
  const connection = await instance.connect();
  try {
    yield* readGaps(connection, reading);
  } catch (cause) {
    reading.signal.throwIfAborted();
    throw unreadable(reading.label, cause);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function unreadable(label: string, cause: unknown): CannotEvaluateError {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
  return new CannotEvaluateError(`${label}: the Parquet file cannot be read (${reason})`, {
    code: 'source_corrupt',
    hint: 'fetch the file again; what was whole before the defect has been read',
    cause,
  });
}

async function* readGaps(connection: DuckDBConnection, reading: ParquetReading): AsyncGenerator<RawBatch> {
  const table = `read_parquet(${literal(withoutGlobs(reading.path))})`;
  const described = await connection.run(`SELECT * FROM ${table} LIMIT 0`);
  const columns = described.columnNames().map((name, index) => ({ name, type: described.columnType(index) }));
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${table}`);
  const total = Number(counted.getRows()[0]?.[0] ?? 0);
  for (const { from, to } of gapsBetween(reading.done)) {
    if (from >= total) return;
    const rows = `SELECT * FROM ${table} LIMIT ${Math.min(to, total) - from} OFFSET ${from}`;
    const sql = `SELECT ${rowAsJson(columns)} FROM (${rows})`;
    yield* readBatches(connection, sql, { reading, from, total });
  }
}

/** A path is taken at its word: what DuckDB would read as a pattern stands for itself. */
function withoutGlobs(path: string): string {
  return path.replaceAll(/[*?[]/gu, '[$&]');
}

interface Rows {
  readonly reading: ParquetReading;
  readonly from: number;
  readonly total: number;
}

async function* readBatches(
  connection: DuckDBConnection,
  sql: string,
  { reading, from, total }: Rows,
): AsyncGenerator<RawBatch> {
  const { part, limits, signal } = reading;
  const result = await connection.stream(sql);
  let position = from;
  for (let held = createRows(); ; ) {
    signal.throwIfAborted();
    const chunk = await result.fetchChunk();
    const isEnd = chunk === null || chunk.rowCount === 0;
    if (!isEnd) for (const text of chunk.getColumnValues(0)) held.add(String(text));
    if (held.count > 0 && (isEnd || held.count >= limits.batchRecords || held.bytes >= limits.batchBytes)) {
      const to = position + held.count;
      const storedBytes = Math.floor((reading.storedBytes * to) / total);
      yield { kind: 'batch', part, from: position, to, storedBytes, ...held.finish(), undecodable: [], settle };
      position = to;
      held = createRows();
    }
    if (isEnd) return;
  }
}

/** A dump keeps nothing of its own: the run remembers the rows that are done. */
async function settle(): Promise<void> {}

function createRows() {
  const texts: string[] = [];
  let length = 0;
  return {
    get count() {
      return texts.length;
    },
    get bytes() {
      return length;
    },
    add(text: string) {
      texts.push(text);
      length += text.length;
    },
    finish() {
      const bytes = new TextEncoder().encode(texts.join('\n'));
      const spans = new Uint32Array(2 * texts.length);
      let at = 0;
      for (let row = 0; row < texts.length; row += 1) {
        spans[2 * row] = at;
        const end = bytes.indexOf(0x0a, at);
        at = end < 0 ? bytes.length : end;
        spans[2 * row + 1] = at;
        at += 1;
      }
      const spanLines = Uint32Array.from(texts.keys());
      return { format: { kind: 'ndjson' }, bytes, spans, spanLines, lines: texts.length } as const;
    },
  };
}
