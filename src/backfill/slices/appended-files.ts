import { type FileHandle, open } from 'node:fs/promises';
import { stateError } from '../../flow/state/durable.js';

/** So many files are kept open: a process may have a few hundred at least. */
const MOST_OPEN = 100;

/** Files that are written to at their ends, many times. */
export interface AppendedFiles extends AsyncDisposable {
  /** Appends pieces behind one another. @throws the state folder's errors. */
  append(path: string, pieces: Uint8Array[]): Promise<void>;
}

/** Opens files as they are needed; those that have not been used for the longest time are closed. */
export function openAppendedFiles(): AppendedFiles {
  const files = new Map<string, FileHandle>();
  const handleOf = async (path: string) => {
    const known = files.get(path);
    files.delete(path);
    if (known === undefined && files.size >= MOST_OPEN) {
      const [oldest] = files;
      if (oldest !== undefined) {
        files.delete(oldest[0]);
        await oldest[1].close();
      }
    }
    const file = known ?? (await open(path, 'a', 0o600));
    files.set(path, file);
    return file;
  };
  return {
    async append(path, pieces) {
      try {
        const file = await handleOf(path);
        const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
        const { bytesWritten } = await file.writev(pieces);
        // A disk that has just become full takes a part, and says why with the next.
        if (bytesWritten < bytes) await file.appendFile(Buffer.concat(pieces).subarray(bytesWritten));
      } catch (error) {
        throw stateError(error, path);
      }
    },
    async [Symbol.asyncDispose]() {
      const open = [...files.values()];
      files.clear();
      for (const file of open) await file.close();
    },
  };
}
