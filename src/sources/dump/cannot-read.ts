import { CannotEvaluateError } from '../../errors.js';

/** Says why a path cannot be read, with what to do about it. */
export function cannotRead(path: string, cause: unknown): CannotEvaluateError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  if (code === 'EACCES' || code === 'EPERM') {
    const hint = `let the current user read it, for example: chmod u+r '${path}'`;
    return new CannotEvaluateError(`${path}: permission denied`, { code: 'source_permission_denied', hint, cause });
  }
  const reason = code === 'ENOENT' ? 'it does not exist any more' : code === 'EISDIR' ? 'it is a folder' : code;
  return new CannotEvaluateError(`${path}: cannot be read (${reason})`, { code: 'source_unreadable', cause });
}
