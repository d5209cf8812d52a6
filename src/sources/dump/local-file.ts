import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { ByteReader, StoredFile } from './byte-reader.js';
import { cannotRead } from './cannot-read.js';
import { fingerprintFile } from './fingerprint.js';

/** Files up to this size are read at once: of many small ones each visit to the file system costs more than its bytes. */
const SMALL_BYTES = 256 * 1024;

/** A file of the local file system. Settled stretches are skipped by seeking. */
export function localFile(path: string, bytes: number | undefined): StoredFile {
  return {
    label: path,
    bytes,
    path,
    fingerprint: () => fingerprintFile(path),
    whole: () => (bytes !== undefined && bytes > 0 && bytes <= SMALL_BYTES ? readSmall(path, bytes) : undefined),
    open: async () => readFileHandle(await openForReading(path), path),
  };
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}

function readFileHandle(file: FileHandle, path: string): ByteReader {
  let position = 0;
  return {
    get storedBytes() {
      return position;
    },
    async read(target) {
      try {
        const { bytesRead } = await file.read(target, 0, target.length, position);
        position += bytesRead;
        return bytesRead;
      } catch (cause) {
        throw cannotRead(path, cause);
      }
    },
    async skip(count) {
      position += count;
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** Undefined when the file has grown since its size was told. */
function readSmall(path: string, size: number): Uint8Array<ArrayBuffer> | undefined {
  // allocUnsafeSlow never shares memory: the buffer may move to another thread. One byte more shows that there are more.
  const buffer = new Uint8Array(Buffer.allocUnsafeSlow(size + 1).buffer as ArrayBuffer);
  try {
    const file = openSync(path, 'r');
    try {
      let length = 0;
      // What gives just as much as it is large, when more was asked for, has been read to its end.
      for (let count = -1; count !== 0 && length < size; length += count) {
        count = readSync(file, buffer, length, size + 1 - length, null);
      }
      return length > size ? undefined : buffer.subarray(0, length);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}
