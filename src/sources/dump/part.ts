import { CannotEvaluateError } from '../../errors.js';
import type { DoneStretch, PartFailure, RawBatch } from '../source.js';
import { type ByteReader, peek, type StoredFile } from './byte-reader.js';
import { cutBatches } from './cut.js';
import { compressionOf, decompress } from './decompress.js';
import { detectFormat, isParquet } from './detect.js';
import { headBytes, limitsOf } from './limits.js';
import { openSplitter } from './open-splitter.js';
import type { DumpOptions } from './options.js';
import { refuseWhatIsNoDump } from './refuse.js';
import type { Splitter } from './splitter.js';
import { spool } from './spool.js';
import { asUtf8 } from './text.js';

/** One file on its way into batches. */
export interface PartReading {
  readonly part: number;
  readonly file: StoredFile;
  readonly options: DumpOptions;
  readonly done: readonly DoneStretch[];
  readonly signal: AbortSignal;
  readonly note: (sentence: string) => void;
}

/** Reads one file. What ends it early is yielded as its failure, behind everything that was whole. */
export async function* readPart(reading: PartReading): AsyncGenerator<RawBatch | PartFailure> {
  try {
    yield* readFile(reading);
  } catch (error) {
    yield failureOf(reading, error);
  }
}

/** What ended a part early. @throws the signal's reason when the user did. */
export function failureOf({ part, file, signal }: PartReading, error: unknown): PartFailure {
  signal.throwIfAborted();
  return { kind: 'failure', part, error: asFailure(error, file.label) };
}

function asFailure(error: unknown, label: string): Error {
  if (error instanceof Error && 'exitCode' in error) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new CannotEvaluateError(`${label}: cannot be read (${reason})`, { code: 'source_unreadable', cause: error });
}

async function* readFile(reading: PartReading): AsyncGenerator<RawBatch> {
  const opened = await openDecompressed(reading);
  try {
    if (isParquetWanted(opened.head, reading.options)) yield* readRows(reading, opened);
    else yield* readText(reading, opened);
  } finally {
    await opened.reader[Symbol.asyncDispose]();
  }
}

interface Opened {
  readonly reader: ByteReader;
  readonly head: Uint8Array;
  readonly isCompressed: boolean;
}

async function openDecompressed({ file, options, signal }: PartReading): Promise<Opened> {
  const stored = await peek(await file.open(signal), 16);
  const compression = compressionOf(stored.head, file.label, options.brotli === true);
  if (compression === undefined) return { ...stored, isCompressed: false };
  const reopen = file.bytes === undefined ? undefined : () => file.open(signal);
  const decompressed = decompress(stored.reader, compression, { label: file.label, reopen });
  return { ...(await peek(decompressed, 16)), isCompressed: true };
}

/** Whether the bytes are read as Parquet. */
export function isParquetWanted(head: Uint8Array, { format }: DumpOptions): boolean {
  return format === 'parquet' || (format === undefined && isParquet(head));
}

async function* readRows(reading: PartReading, { reader, isCompressed }: Opened): AsyncGenerator<RawBatch> {
  const { file, options } = reading;
  const { readParquet } = await import('./parquet.js');
  const about = { ...reading, label: file.label, limits: limitsOf(options), storedBytes: file.bytes ?? 0 };
  if (file.path !== undefined && !isCompressed) {
    yield* readParquet({ ...about, path: file.path });
    return;
  }
  const spooled = await spool(reader);
  try {
    yield* readParquet({ ...about, path: spooled.path });
  } finally {
    await spooled[Symbol.asyncDispose]();
  }
}

async function* readText(reading: PartReading, { reader, head }: Opened): AsyncGenerator<RawBatch> {
  const { part, options, done, signal } = reading;
  const text = await peek(await asUtf8(reader, head), headBytes);
  const splitter = splitterFor(reading, text.head);
  yield* cutBatches({ part, reader: text.reader, splitter, limits: limitsOf(options), done, signal });
}

/** Chooses how a text is cut by its first bytes. @throws CannotEvaluateError when the text is no dump. */
export function splitterFor({ file, options, note }: PartReading, head: Uint8Array): Splitter {
  const { label } = file;
  refuseWhatIsNoDump(head, { label, isForced: options.format !== undefined });
  const format = options.format ?? detectFormat(head, label);
  return openSplitter({
    format,
    options,
    limits: limitsOf(options),
    head,
    isWhole: head.length < headBytes,
    label,
    note,
  });
}
