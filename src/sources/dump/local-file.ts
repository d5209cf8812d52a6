import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { ByteReader, StoredFile } from './byte-reader.js';
import { cannotRead } from './cannot-read.js';
import { fingerprintFile } from './fingerprint.js';

const { O_RDONLY } = constants;

type Size = number | undefined | ((path: string) => number | undefined);

/**
 * A file of the local file system. Settled stretches are skipped by seeking.
 * @param size in bytes, or how to find it out by the path when somebody asks; undefined when it cannot be told.
 */
export function localFile(path: string, size: Size, label = path): StoredFile {
  return new LocalFile(path, label, size);
}

class LocalFile implements StoredFile {
  constructor(
    readonly path: string,
    readonly label: string,
    private size: Size,
  ) {}

  get bytes(): number | undefined {
    if (typeof this.size === 'function') this.size = this.size(this.path);
    return this.size;
  }

  fingerprint(): Promise<string | undefined> {
    return fingerprintFile(this.path);
  }

  whole(scratch: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    const { size } = this;
    if (typeof size === 'number' && (size === 0 || size >= scratch.length)) return undefined;
    const length = readInto(scratch, this.path);
    if (length === 0 || length === scratch.length) return undefined;
    if (typeof size === 'function') this.size = length;
    return ownCopy(scratch, length);
  }

  async open(): Promise<ByteReader> {
    return readFileHandle(await openForReading(this.path), this.path);
  }
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

/** Reads until the file ends or `target` is full; the number of bytes. */
function readInto(target: Uint8Array, path: string): number {
  try {
    const file = openSync(path, O_RDONLY);
    try {
      let length = 0;
      for (let count = -1; count !== 0 && length < target.length; length += count) {
        count = readSync(file, target, length, target.length - length, null);
      }
      return length;
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}

/** Memory of its own, which may move to another thread. */
function ownCopy(scratch: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(length);
  copy.set(scratch.subarray(0, length));
  return copy;
}
