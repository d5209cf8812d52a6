import { hostname } from 'node:os';
import { join } from 'node:path';
import { IncompleteError } from '../../errors.js';
import { type LockHolder, nameHolder, takeLock } from '../../lock-file.js';
import { makeFolder } from '../../make-folder.js';
import { stateError } from './durable.js';

/**
 * Takes a state folder for this process; a lock left behind by a dead one is taken over.
 * @throws IncompleteError `state_in_use` when a living process holds it; RespoolError when it cannot be written.
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  const path = join(folder, 'lock');
  try {
    await makeFolder(folder, 0o700);
    return await takeLock(path, (holder) => inUse(folder, holder));
  } catch (error) {
    throw stateError(error, path);
  }
}

function inUse(folder: string, holder: LockHolder): IncompleteError {
  return new IncompleteError(`the state folder ${folder} is in use by ${nameHolder(holder)}`, {
    code: 'state_in_use',
    hint:
      holder.host === hostname()
        ? 'wait for it to end and run the same command again, or give this run a folder of its own with --state-dir'
        : `if that host is gone for good, remove ${join(folder, 'lock')} and run the same command again`,
  });
}
