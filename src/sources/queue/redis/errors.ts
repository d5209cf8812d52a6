import { CannotEvaluateError, IncompleteError, type RespoolError } from '../../../errors.js';

/** Answers that waiting cures: starting, failing over, full, busy with a script. */
const PASSING = /^(?:LOADING|MASTERDOWN|BUSY|TRYAGAIN|CLUSTERDOWN|OOM|READONLY|UNBLOCKED|MISCONF)\b/u;
const REFUSED =
  /^(?:NOAUTH|WRONGPASS|NOPERM|ERR invalid password|ERR AUTH)|\bNOPERM\b|No permissions|can't run this command/iu;

/** Whether the server itself said it: then the connection is whole. */
export function isServerAnswer(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** An error of the client or the server, in the class of what the user does next. */
export function redisError(error: unknown, label: string): RespoolError {
  const reason = error instanceof Error ? error.message : String(error);
  if (!isServerAnswer(error) || PASSING.test(reason)) {
    return new IncompleteError(`${label}: ${reason || 'the connection broke'}`, {
      code: 'queue_unreachable',
      hint: 'check REDIS_URL, or wait until the server is up, and run the same command again',
      cause: error,
    });
  }
  if (REFUSED.test(reason)) {
    const inScript = /can't run this command/u.test(reason);
    const said = inScript ? 'this user may run the script, but not every command in it' : reason;
    return new CannotEvaluateError(`${label}: ${said}`, {
      code: 'source_permission_denied',
      hint: 'check user, password and rights (REDIS_URL; EVAL, EVALSHA and the commands that read and remove are needed)',
      cause: error,
    });
  }
  return new CannotEvaluateError(`${label}: ${reason}`, {
    code: 'source_unreadable',
    hint: 'what lies under the name of the queue is not what its service writes; check the name and the prefix',
    cause: error,
  });
}
