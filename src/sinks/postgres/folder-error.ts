import { CannotEvaluateError, IncompleteError, RespoolError, UsageError } from '../../errors.js';

/** Names a failure that has no name of its own here. */
export type Fallback = 'not_writable' | 'damaged';

/** Says what a failure around the embedded database's folder means for the user, and what to do. */
export function folderError(folder: string, error: unknown, fallback: Fallback = 'not_writable'): RespoolError {
  if (error instanceof RespoolError) return error;
  switch (KINDS[systemCode(error) ?? ''] ?? fallback) {
    case 'full':
      return new IncompleteError(`no space left for the embedded database in ${folder}`, {
        code: 'database_disk_full',
        hint: 'free some space, then run the same command again: it goes on where it was',
        cause: error,
      });
    case 'no_folder':
      return notADatabaseFolder(`a file stands where a folder is needed for ${folder}`, error);
    case 'not_writable':
      return new CannotEvaluateError(
        `the embedded database in ${folder} cannot be made, read or written: ${tell(error)}`,
        {
          code: 'database_not_writable',
          hint: 'give this user the right to read and write there, or name another folder: pglite:<folder>',
          cause: error,
        },
      );
    case 'damaged':
      return new CannotEvaluateError(`the embedded database in ${folder} cannot be opened: ${tell(error)}`, {
        code: 'database_damaged',
        hint: 'move the folder away, and the next run makes a new one',
        cause: error,
      });
  }
}

/** What stands in the folder's place must stay: the user names another one. */
export function notADatabaseFolder(message: string, cause?: unknown): UsageError {
  return new UsageError(message, {
    code: 'not_a_database_folder',
    hint: 'name a folder that is empty or not there yet, such as pglite:.respool/db',
    cause,
  });
}

const KINDS: Readonly<Record<string, 'full' | 'no_folder' | 'not_writable'>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  ENOTDIR: 'no_folder',
  EEXIST: 'no_folder',
  EACCES: 'not_writable',
  EPERM: 'not_writable',
  EROFS: 'not_writable',
};

/** Numbers that the embedded server throws instead of names: WASI's errno (https://wasix.org/docs/api-reference/wasi). */
const NUMBERED: Readonly<Record<number, string>> = {
  2: 'EACCES',
  19: 'EDQUOT',
  51: 'ENOSPC',
  54: 'ENOTDIR',
  63: 'EPERM',
  69: 'EROFS',
};

function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'errno' in error && typeof error.errno === 'number' ? NUMBERED[error.errno] : undefined;
}

/** The embedded server's own file errors are no `Error` and have no message. */
function tell(error: unknown): string {
  if (error instanceof Error) return error.message;
  if (typeof error !== 'object' || error === null || !('errno' in error)) return String(error);
  return systemCode(error) ?? `WASI error ${error.errno}`;
}
