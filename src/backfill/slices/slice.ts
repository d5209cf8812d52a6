import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { deserialize } from 'node:v8';
import { CannotEvaluateError } from '../../errors.js';
import type { EncodedRows } from '../../sinks/postgres/encode/encoded-rows.js';
import type { Frame, KeptBatch } from './frame.js';
import { eventsFile, sliceFiles } from './spill.js';

const HEAD_BYTES = 4;
const CHUNK_BYTES = 1 << 20;

/** The frames of a partition in the order in which they were read, without their rows. */
export async function* framesOf(folder: string, partition: number): AsyncGenerator<Frame> {
  for await (const { value } of framedValues<Frame>(sliceFiles(folder, partition).frames)) yield value;
}

/** The plain data in a file that `Spill.put` has written, and where in the file each stands. */
export async function* framedValues<T>(
  path: string,
): AsyncGenerator<{ readonly value: T; readonly from: number; readonly to: number }> {
  await using file = await openSlice(path);
  const { size } = await file.stat();
  for (let from = 0; from < size; ) {
    const { value, next } = await readFramed<T>(file, from);
    yield { value, from, to: next };
    from = next;
  }
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
  return (await readFramed<KeptBatch>(file, at)).value;
}

async function openSlice(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw damaged(path, cause);
  }
}

async function readFramed<T>(file: FileHandle, at: number): Promise<{ readonly value: T; readonly next: number }> {
  const length = (await readWhole(file, at, HEAD_BYTES)).readUInt32LE();
  const from = at + HEAD_BYTES;
  const value: T = deserialize(await readWhole(file, from, length));
  return { value, next: from + length };
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
