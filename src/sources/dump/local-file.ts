import { type FileHandle, open } from 'node:fs/promises';
import type { ByteReader, StoredFile } from './byte-reader.js';
import { cannotRead } from './cannot-read.js';
import { fingerprintFile } from './fingerprint.js';

/** A file of the local file system. Settled stretches are skipped by seeking. */
export function localFile(path: string, bytes: number | undefined): StoredFile {
  return {
    label: path,
    bytes,
    path,
    fingerprint: () => fingerprintFile(path),
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
