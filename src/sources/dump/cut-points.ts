import { type FileHandle, open } from 'node:fs/promises';
import type { StoredFile } from './byte-reader.js';
import { cannotRead } from './cannot-read.js';
import { compressionOf } from './decompress.js';
import { detectFormat, isParquet } from './detect.js';
import type { DumpOptions } from './options.js';

const HEAD_BYTES = 64 * 1024;
const CHUNK_BYTES = 64 * 1024;
const LF = 0x0a;

interface Cutting {
  readonly options: DumpOptions;
  /** Bytes between two points, about. */
  readonly bytes: number;
  readonly signal: AbortSignal;
}

/**
 * Where a file can be cut so that each piece can be read for itself: behind line ends of uncompressed NDJSON, in decoded
 * bytes. None for every other file. Only its beginning and the places around the points are read.
 */
export async function cutPoints(file: StoredFile, cutting: Cutting): Promise<readonly number[]> {
  const { path } = file;
  if (path === undefined) return [];
  try {
    const handle = await open(path, 'r');
    try {
      return await pointsIn(handle, file, cutting);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    cutting.signal.throwIfAborted();
    throw cannotRead(path, cause);
  }
}

async function pointsIn(handle: FileHandle, file: StoredFile, { options, bytes, signal }: Cutting): Promise<number[]> {
  const head = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await handle.read(head, 0, HEAD_BYTES, 0);
  const start = head.subarray(0, bytesRead);
  const markBytes = start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf ? 3 : 0;
  if (!isPlainNdjson(start, { file, options, markBytes })) return [];
  const size = file.bytes ?? 0;
  const points: number[] = [];
  for (let target = bytes; target < size; ) {
    signal.throwIfAborted();
    const end = await lineEndFrom(handle, target);
    if (end === undefined || end >= size) break;
    points.push(end - markBytes);
    target = Math.max(target + bytes, end + 1);
  }
  return points;
}

interface Start {
  readonly file: StoredFile;
  readonly options: DumpOptions;
  /** Bytes of a byte order mark in front of the text. */
  readonly markBytes: number;
}

function isPlainNdjson(start: Uint8Array, { file: { label }, options, markBytes }: Start): boolean {
  if (compressionOf(start, label, options.brotli === true) !== undefined) return false;
  const isUtf16 = (start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff);
  if (isUtf16 || isParquet(start)) return false;
  return (options.format ?? detectFormat(start.subarray(markBytes), label)) === 'ndjson';
}

/** Position behind the first line feed at or behind `from`; undefined when there is none. */
async function lineEndFrom(handle: FileHandle, from: number): Promise<number | undefined> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let at = from; ; ) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, at);
    if (bytesRead === 0) return undefined;
    const found = chunk.subarray(0, bytesRead).indexOf(LF);
    if (found >= 0) return at + found + 1;
    at += bytesRead;
  }
}
