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
  const { frames } = sliceFiles(folder, partition);
  await using file = await openSlice(frames);
  const { size } = await file.stat();
  for (let at = 0; at < size; ) {
    const { value, next } = await readFramed<Frame>(file, at);
    yield value;
    at = next;
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
