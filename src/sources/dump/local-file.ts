import { readFileSync } from 'node:fs';
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
    open: async () => {
      if (bytes !== undefined && bytes > 0 && bytes <= SMALL_BYTES) return readMemory(readSmall(path));
      return readFileHandle(await openForReading(path), path);
    },
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

function readSmall(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}

function readMemory(bytes: Uint8Array): ByteReader {
  let position = 0;
  return {
    get storedBytes() {
      return position;
    },
    get remaining() {
      return bytes.length - position;
    },
    async read(target) {
      const chunk = bytes.subarray(position, position + target.length);
      target.set(chunk);
      position += chunk.length;
      return chunk.length;
    },
    async skip(count) {
      position = Math.min(position + count, bytes.length);
    },
    async [Symbol.asyncDispose]() {},
  };
}
