import { dirname } from 'node:path';
import { UsageError } from '../../errors.js';
import { type LockHolder, nameHolder, takeLock } from '../../lock-file.js';
import { makeFolder } from '../../make-folder.js';
import { folderError } from './folder-error.js';

/**
 * Takes a folder for this process by a lock file beside it that names the process; the lock of a process that is gone
 * is taken over.
 * @throws UsageError `folder_in_use` when another process holds it; what `folderError` makes of everything else.
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  const path = `${folder}.lock`;
  try {
    await makeFolder(dirname(path), 0o700);
    return await takeLock(path, (holder) => inUse(folder, holder));
  } catch (error) {
    throw folderError(folder, error);
  }
}

function inUse(folder: string, holder: LockHolder): UsageError {
  return new UsageError(`the embedded database in ${folder} is in use by ${nameHolder(holder)}`, {
    code: 'folder_in_use',
    hint: 'wait until that process has ended, or use another folder: pglite:<folder>',
  });
}
