import { randomBytes } from 'node:crypto';
import { CannotEvaluateError, RespoolError } from '../../errors.js';
import { formatPointer } from '../../event/pointer.js';
import type { Connection, Database } from '../../postgres/connection.js';
import { reasonOf } from '../../postgres/retry.js';
import { connectError } from '../../postgres/server.js';
import { kindOf } from '../../postgres/sql-error.js';
import type { DoneStretch, PartFailure, RawBatch, Source } from '../source.js';
import { rowJson } from './row-json.js';
import type { SourceTable } from './table.js';

export interface TableSourceOptions {
  readonly database: Database;
  readonly table: SourceTable;
  /** SQL over rows of `t` that tells which are read; all by default. */
  readonly condition?: string;
  /** The session that holds the snapshot in which everything is read; taken at the first call. */
  readonly connection: () => Promise<Connection>;
  /** Breaks off what the server is doing. */
  readonly cut: () => void;
  /** Lets go of what the source holds. */
  readonly close: () => Promise<void>;
}

const BATCH_BYTES = 4 * 1024 * 1024;
const FIRST_ROWS = 500;
const MOST_ROWS = 8_000;

/** Reads the rows of a table in one snapshot, in the server's own order. */
export function createTableSource(options: TableSourceOptions): Source {
  const { database, table } = options;
  const label = `${database.label}?table=${encodeURIComponent(table.name)}`;
  return {
    label,
    parts: [{ label, bytes: undefined, fingerprint: async () => undefined }],
    decoder: { module: new URL('../dump/decode.js', import.meta.url).href, options: { cellTypes: {} } },
    notes: [table.payload === undefined ? 'each row is an event' : `events stand in column ${table.payload}`],
    ...(table.payload === undefined && {
      columns: table.columns.map(({ pointer, type }) => ({ pointer: formatPointer(pointer), type })),
    }),
    batches: (done, signal) => readRows(options, done, signal),
    [Symbol.asyncDispose]: options.close,
  };
}

async function* readRows(
  options: TableSourceOptions,
  done: readonly DoneStretch[],
  signal: AbortSignal,
): AsyncGenerator<RawBatch | PartFailure> {
  const { database } = options;
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', options.cut, { once: true });
    yield* readCursor(await options.connection(), options, done, signal);
  } catch (error) {
    signal.throwIfAborted();
    yield { kind: 'failure', part: 0, error: failureOf(error, database.label) };
  } finally {
    signal.removeEventListener('abort', options.cut);
  }
}

function failureOf(error: unknown, label: string): Error {
  if (error instanceof RespoolError) return error;
  if (kindOf(error) === 'wait') return connectError(error, label);
  return new CannotEvaluateError(`${label}: cannot be read (${reasonOf(error)})`, {
    code: 'source_unreadable',
    hint: 'mend what the server says, and run again',
    cause: error,
  });
}

async function* readCursor(
  connection: Connection,
  { table, condition = 'true' }: TableSourceOptions,
  done: readonly DoneStretch[],
  signal: AbortSignal,
): AsyncGenerator<RawBatch> {
  const name = `respool_${randomBytes(6).toString('hex')}`;
  await connection.run(
    `declare ${name} no scroll cursor for select ${rowJson(table)} as e from ${table.relation} t where ${condition}`,
  );
  let at = 0;
  let rows = FIRST_ROWS;
  for (;;) {
    signal.throwIfAborted();
    const stretch = done.find(({ from, to }) => from <= at && at < to);
    if (stretch !== undefined) {
      await connection.run(`move forward ${stretch.to - at} in ${name}`);
      at = stretch.to;
      continue;
    }
    const next = Math.min(...done.map(({ from }) => (from > at ? from : Number.POSITIVE_INFINITY)));
    const fetched = await connection.rows(`fetch forward ${Math.min(rows, next - at)} from ${name}`);
    if (fetched.length === 0) break;
    const batch = batchOf(
      fetched.map(({ e }) => (typeof e === 'string' ? e : 'null')),
      at,
    );
    at = batch.to;
    rows = Math.max(1, Math.min(MOST_ROWS, Math.floor((BATCH_BYTES * fetched.length) / batch.bytes.length)));
    yield batch;
  }
  await connection.run(`close ${name}`);
}

function batchOf(texts: readonly string[], from: number): RawBatch {
  const bytes = new Uint8Array(Buffer.from(`${texts.join('\n')}\n`));
  const spans = new Uint32Array(texts.length * 2);
  let start = 0;
  for (const [row, text] of texts.entries()) {
    spans[2 * row] = start;
    spans[2 * row + 1] = start + Buffer.byteLength(text);
    start += Buffer.byteLength(text) + 1;
  }
  return {
    kind: 'batch',
    part: 0,
    format: { kind: 'ndjson' },
    from,
    to: from + texts.length,
    bytes,
    spans,
    spanLines: Uint32Array.from(texts, (_, row) => row),
    lines: texts.length,
    undecodable: [],
    storedBytes: 0,
    settle: async () => undefined,
  };
}
