import type { DoneStretch, RawBatch, RecordProblem } from '../source.js';
import type { ByteReader } from './byte-reader.js';
import { settle } from './settle.js';
import { type Cut, problemRawBytes, type Splitter } from './splitter.js';
import { Window } from './window.js';

/** What cutting a part into batches needs to know. */
export interface Cutting {
  readonly part: number;
  readonly reader: ByteReader;
  readonly splitter: Splitter;
  readonly limits: BatchLimits;
  /** Settled stretches of this part. */
  readonly done: readonly DoneStretch[];
  readonly signal: AbortSignal;
}

/** How large batches and records may be. */
export interface BatchLimits {
  readonly batchBytes: number;
  readonly batchRecords: number;
  readonly maxRecordBytes: number;
}

/**
 * Cuts a decoded part into batches of whole records, in order, without the settled stretches. No batch straddles one.
 * @throws CannotEvaluateError when the rest cannot be read; what was whole has been yielded.
 */
export async function* cutBatches(cutting: Cutting): AsyncGenerator<RawBatch> {
  const { reader, splitter } = cutting;
  let position = 0;
  for (const gap of gapsBetween(cutting.done)) {
    if (gap.from > position) {
      await reader.skip(gap.from - position);
      splitter.jump('record');
    }
    yield* cutGap(cutting, new Window(reader, gap.from, gap.to));
    position = gap.to;
  }
}

/** Cuts a part of which all bytes are at hand, no more than a batch may hold: as `cutBatches` would. */
export function* cutWhole(cutting: Omit<Cutting, 'reader'>, bytes: Uint8Array<ArrayBuffer>): Generator<RawBatch> {
  const { part, splitter, signal } = cutting;
  const about = { part, splitter, reader: { storedBytes: bytes.length } };
  for (let from = 0; from < bytes.length; ) {
    signal.throwIfAborted();
    const rest = bytes.subarray(from);
    const cut = splitUpTo(splitter.aim(rest), splitter, { bytes: rest, following: 'end' });
    if (cut === undefined) return;
    const isAll = from === 0 && cut.end === bytes.length;
    yield batchOf(about, { from, bytes: isAll ? bytes : rest.slice(0, cut.end) }, cut);
    from += cut.end;
  }
}

/** What is left between settled stretches, in order; the last gap is open, unless all behind it is settled. */
export function gapsBetween(done: readonly DoneStretch[]): { readonly from: number; readonly to: number }[] {
  const gaps: { from: number; to: number }[] = [];
  let from = 0;
  for (const stretch of done.toSorted((a, b) => a.from - b.from)) {
    if (stretch.from > from) gaps.push({ from, to: stretch.from });
    from = Math.max(from, stretch.to);
  }
  if (from < Number.MAX_SAFE_INTEGER) gaps.push({ from, to: Number.POSITIVE_INFINITY });
  return gaps;
}

async function* cutGap(cutting: Cutting, window: Window): AsyncGenerator<RawBatch> {
  const { splitter, limits, signal } = cutting;
  let size = Math.min(limits.batchBytes, firstBatchBytes);
  for (;;) {
    signal.throwIfAborted();
    await window.fill(size);
    if (window.bytes.length === 0 && window.isExhausted) break;
    const aim = splitter.aim(window.bytes);
    const cut = splitUpTo(aim, splitter, window);
    if (cut !== undefined) {
      size = Math.min(limits.batchBytes, Math.max(minWindowBytes, aim));
      const { from } = window;
      yield batchOf(cutting, { from, bytes: window.take(cut.end, size) }, cut);
    } else if (window.failure !== undefined) {
      break;
    } else if (size > limits.maxRecordBytes) {
      yield* passLongRecord(cutting, window);
      size = limits.batchBytes;
    } else {
      size = Math.min(size * 2, limits.maxRecordBytes + 1);
    }
  }
  if (window.failure !== undefined) throw window.failure;
}

const firstBatchBytes = 1024 * 1024;
const minWindowBytes = 64 * 1024;

/** Where a record is longer than the aim, the batch grows until it holds one. */
function splitUpTo(
  aim: number,
  splitter: Splitter,
  { bytes, following }: Pick<Window, 'bytes' | 'following'>,
): Cut | undefined {
  for (let end = aim; end < bytes.length; end *= 2) {
    const early = splitter.split(bytes.subarray(0, end), 'open');
    if (early !== undefined) return early;
  }
  return splitter.split(bytes, following);
}

function batchOf(cutting: About, { from, bytes }: Pick<Window, 'from' | 'bytes'>, cut: Cut): RawBatch {
  const { part, splitter, reader } = cutting;
  const { spans, spanLines, lines, format = splitter.format, problems: undecodable } = cut;
  const to = from + cut.end;
  const { storedBytes } = reader;
  const batch: RawBatch = { kind: 'batch', part, format, from, to, bytes, undecodable, storedBytes, settle };
  if (spans === undefined && spanLines === undefined && lines === undefined) return batch;
  return {
    ...batch,
    ...(spans === undefined ? {} : { spans }),
    ...(spanLines === undefined ? {} : { spanLines }),
    ...(lines === undefined ? {} : { lines }),
  };
}

type About = Pick<Cutting, 'part' | 'splitter'> & { readonly reader: Pick<ByteReader, 'storedBytes'> };

function envelope({ part, splitter, reader }: About, from: number, to: number) {
  return { kind: 'batch', part, format: splitter.format, from, to, storedBytes: reader.storedBytes, settle } as const;
}

/** Passes a record that is longer than may be held, up to the next line end, and reports it. */
async function* passLongRecord(cutting: Cutting, window: Window): AsyncGenerator<RawBatch> {
  const { limits, splitter } = cutting;
  const from = window.from;
  const raw = window.bytes.slice(0, problemRawBytes);
  let end = lineEnd(window.bytes, window.isExhausted);
  while (end < 0 && !window.isExhausted) {
    cutting.signal.throwIfAborted();
    // The last byte may be the first half of a CRLF.
    window.drop(window.bytes.length - 1);
    await window.fill(limits.batchBytes + 1);
    end = lineEnd(window.bytes, window.isExhausted);
  }
  if (window.failure !== undefined) return;
  window.drop(end < 0 ? window.bytes.length : end);
  splitter.jump('line');
  const length = window.from - from;
  const problem: RecordProblem = {
    code: 'line_too_long',
    message: `a record of ${length.toLocaleString('en-US')} bytes; at most ${limits.maxRecordBytes.toLocaleString('en-US')} are read`,
    offset: 0,
    line: 0,
    raw,
  };
  yield { ...envelope(cutting, from, window.from), bytes: new Uint8Array(0), lines: 1, undecodable: [problem] };
}

/** Position behind the first line end, -1 when there is none; a CR at the very end may be half of a CRLF. */
function lineEnd(bytes: Uint8Array, isExhausted: boolean): number {
  const lf = bytes.indexOf(10);
  const cr = (lf < 0 ? bytes : bytes.subarray(0, lf)).indexOf(13);
  if (cr < 0) return lf + 1 || -1;
  if (cr + 1 === bytes.length && !isExhausted) return -1;
  return bytes[cr + 1] === 10 ? cr + 2 : cr + 1;
}
