import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CannotEvaluateError, IncompleteError, RespoolError } from '../errors.js';
import { bytes as sizeText } from './size-text.js';

/** A file of this process alone, which the system removes whatever becomes of the process. */
export interface ScratchFile {
  readonly length: number;
  /** Appends bytes; returns where they stand. */
  append(bytes: Uint8Array): number;
  /** Reads exactly `into.length` bytes. */
  read(position: number, into: Uint8Array): void;
  close(): void;
}

/**
 * Opens a scratch file in a folder. It has no name: nothing of it is left behind, not even after a kill.
 * @throws IncompleteError `diff_disk_full` when the disk is full; CannotEvaluateError `diff_no_scratch` when the folder
 * cannot be written.
 */
export function openScratch(folder: string): ScratchFile {
  const file = open(folder);
  let length = 0;
  return {
    get length() {
      return length;
    },
    append(bytes) {
      const at = length;
      guarded(folder, length, () => {
        for (let done = 0; done < bytes.length; ) {
          done += writeSync(file, bytes, done, bytes.length - done, at + done);
        }
      });
      length += bytes.length;
      return at;
    },
    read(position, into) {
      for (let done = 0; done < into.length; ) {
        const count = readSync(file, into, done, into.length - done, position + done);
        if (count === 0) throw new Error('a scratch file ends early');
        done += count;
      }
    },
    close: () => closeSync(file),
  };
}

function open(folder: string): number {
  const path = join(folder, `scratch-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
  return guarded(folder, 0, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = openSync(path, 'wx+', 0o600);
    rmSync(path);
    return file;
  });
}

function guarded<T>(folder: string, length: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RespoolError || !(error instanceof Error) || !('code' in error)) throw error;
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
      throw new IncompleteError(`no space left in ${folder}, where ${sizeText(length)} of the comparison lie already`, {
        code: 'diff_disk_full',
        hint: 'free some space, or name a folder on a larger disk with --state-dir, and run the same command again',
        cause: error,
      });
    }
    throw new CannotEvaluateError(`${folder} cannot be written (${error.message})`, {
      code: 'diff_no_scratch',
      hint:
        error.code === 'EFBIG'
          ? 'raise the limit on the size of files (ulimit -f unlimited), and run the same command again'
          : 'give this user the right to, or name another folder with --state-dir',
      cause: error,
    });
  }
}
