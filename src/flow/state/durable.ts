import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CannotEvaluateError, IncompleteError, RespoolError, UsageError } from '../../errors.js';

/** Replaces a file so that after a crash at any instant it holds either all of the old content or all of the new. */
export async function writeDurably(path: string, content: string): Promise<void> {
  const { randomBytes } = process.getBuiltinModule('node:crypto');
  const draft = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw stateError(error, path);
  }
}

/** Makes the names in a folder durable: a new or renamed file is found again after a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Says what a failure in the state folder means for the user: nothing was lost, and what to do. */
export function stateError(error: unknown, path: string): Error {
  if (error instanceof RespoolError || !(error instanceof Error)) return asError(error);
  const code = 'code' in error ? String(error.code) : '';
  const [Kind, about] = KINDS[code] ?? [CannotEvaluateError, FAILED];
  return new Kind(`${about.what} ${path}${about.tells ? ` (${error.message})` : ''}`, {
    code: about.code,
    hint: about.hint,
    cause: error,
  });
}

interface About {
  readonly code: string;
  readonly what: string;
  readonly hint: string;
  /** Whether the system's own words help. */
  readonly tells?: true;
}

const FULL: About = {
  code: 'state_disk_full',
  what: 'no space left to write',
  hint: 'free some space, then run the same command again: it goes on where it was',
};
const NOT_WRITABLE: About = {
  code: 'state_not_writable',
  what: 'there is no right to read or write',
  hint: 'give this user the right to, or name another folder with --state-dir',
  tells: true,
};
const NO_FOLDER: About = {
  code: 'state_no_folder',
  what: 'a file stands where a folder is needed for',
  hint: 'name a folder with --state-dir',
};
const FAILED: About = {
  code: 'state_failed',
  what: 'cannot read or write',
  hint: 'mend the disk or name another folder with --state-dir, then run the same command again',
  tells: true,
};

type Kind = typeof UsageError | typeof CannotEvaluateError | typeof IncompleteError;

const KINDS: Readonly<Record<string, readonly [Kind, About]>> = {
  ENOSPC: [IncompleteError, FULL],
  EDQUOT: [IncompleteError, FULL],
  EACCES: [CannotEvaluateError, NOT_WRITABLE],
  EPERM: [CannotEvaluateError, NOT_WRITABLE],
  EROFS: [CannotEvaluateError, NOT_WRITABLE],
  ENOTDIR: [UsageError, NO_FOLDER],
  EEXIST: [UsageError, NO_FOLDER],
};

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
