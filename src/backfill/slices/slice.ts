import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CannotEvaluateError } from '../../errors.js';
import type { EncodedRows } from '../../sinks/postgres/encode/encoded-rows.js';
import type { Frame, KeptBatch } from './frame.js';
import { LENGTHS_BYTES, lengthsOf, unpack } from './packed.js';
import { eventsFile, sliceFiles } from './spill.js';

const CHUNK_BYTES = 1 << 20;
/** Of larger records the head is read by itself when it alone is wanted, in pieces of the second size. */
const LARGE_BYTES = 64 << 10;
const HEAD_BYTES = 4 << 10;

/** The frames of a partition in the order in which they were read, without their rows. */
export async function* framesOf(folder: string, partition: number): AsyncGenerator<Frame> {
  for await (const { value } of framedValues<Frame>(sliceFiles(folder, partition).frames)) yield value;
}

/** The plain data in a file that `Spill.put` has written, and where in the file each stands. */
export async function* framedValues<T>(path: string): AsyncGenerator<Found<T>> {
  await using file = await openSlice(path);
  yield* recordsIn<T>(file, 'whole');
}

/** The frames of a partition, but their columns are left unread and empty. */
export async function* frameHeadsOf(folder: string, partition: number): AsyncGenerator<Frame> {
  await using file = await openSlice(sliceFiles(folder, partition).frames);
  for await (const { value } of recordsIn<Frame>(file, 'head')) yield value;
}

/** The frames with their rows. */
export async function* batchesOf(
  folder: string,
  partition: number,
): AsyncGenerator<{ readonly frame: Frame; readonly encoded: EncodedRows }> {
  await using file = await openSlice(sliceFiles(folder, partition).rows);
  for await (const frame of framesOf(folder, partition)) {
    const rows = await readWhole(file, frame.rowsAt, frame.rowsBytes);
    yield { frame, encoded: { ...frame.encoded, rows } };
  }
}

/** A stretch of a partition's rows in pieces. */
export function rowsOf(
  folder: string,
  partition: number,
  { from, to }: { readonly from: number; readonly to: number },
): AsyncIterable<Uint8Array> {
  return createReadStream(sliceFiles(folder, partition).rows, {
    start: from,
    end: to - 1,
    highWaterMark: CHUNK_BYTES,
  });
}

/** The batch whose events were kept at `at`. */
export async function keptBatch(folder: string, at: number): Promise<KeptBatch> {
  await using file = await openSlice(eventsFile(folder));
  const { whole } = lengthsOf(await readWhole(file, at, LENGTHS_BYTES));
  return unpack<KeptBatch>(await readWhole(file, at, whole));
}

async function openSlice(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw damaged(path, cause);
  }
}

interface Found<T> {
  readonly value: T;
  readonly from: number;
  readonly to: number;
}

/** Records behind one another, or their heads alone. */
async function* recordsIn<T>(file: FileHandle, wanted: 'whole' | 'head'): AsyncGenerator<Found<T>> {
  const { size } = await file.stat();
  let piece: Buffer = Buffer.alloc(0);
  let pieceAt = 0;
  let pieceBytes = CHUNK_BYTES;
  const bytesAt = async (at: number, length: number) => {
    if (at + length > pieceAt + piece.length) {
      pieceAt = at;
      piece = await readWhole(file, at, Math.max(length, Math.min(pieceBytes, size - at)));
    }
    return piece.subarray(at - pieceAt, at - pieceAt + length);
  };
  for (let at = 0; at < size; ) {
    const { head, whole } = lengthsOf(await bytesAt(at, LENGTHS_BYTES));
    if (wanted === 'head') pieceBytes = whole > LARGE_BYTES ? HEAD_BYTES : CHUNK_BYTES;
    const value = unpack<T>(await bytesAt(at, wanted === 'head' ? LENGTHS_BYTES + head : whole));
    yield { value, from: at, to: at + whole };
    at += whole;
  }
}

async function readWhole(file: FileHandle, at: number, length: number): Promise<Buffer<ArrayBuffer>> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, at);
  if (bytesRead < length) throw damaged('a slice', undefined);
  return buffer;
}

function damaged(path: string, cause: unknown): CannotEvaluateError {
  return new CannotEvaluateError(`${path} is missing or cut short: the source's slices are no longer whole`, {
    code: 'slices_damaged',
    hint: 'run the backfill again with --fresh: it reads the source anew',
    cause,
  });
}
