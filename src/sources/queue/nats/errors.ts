import { CannotEvaluateError, IncompleteError, RespoolError, UsageError } from '../../../errors.js';

/** JetStream's own codes (nats-server, server/errors.json). */
const STREAM_NOT_FOUND = 10_059;
const NOT_ENABLED = [10_039, 10_076];
const NO_SECOND_CONSUMER = [10_099, 10_100];

/** Says why NATS did not do what was asked for, by what the user does next. */
export function natsError(label: string, doing: string, cause: unknown): RespoolError {
  if (cause instanceof RespoolError) return cause;
  const code = cause instanceof Error && 'code' in cause ? Number(cause.code) : 0;
  const name = cause instanceof Error ? cause.name : '';
  const reason = cause instanceof Error ? cause.message || name : String(cause);
  if (code === STREAM_NOT_FOUND || name === 'StreamNotFoundError') {
    return new UsageError(`${label}: there is no such stream`, {
      code: 'source_not_found',
      hint: 'nats stream ls shows which ones there are',
      cause,
    });
  }
  if (NOT_ENABLED.includes(code)) {
    return new CannotEvaluateError(`${label}: JetStream is not enabled there`, {
      code: 'source_refused',
      hint: 'only streams can be replayed: plain NATS keeps no messages',
      cause,
    });
  }
  if (NO_SECOND_CONSUMER.includes(code)) {
    return new UsageError(`${label}: a work queue gives its messages to one consumer, and it has one already`, {
      code: 'consumer_taken',
      hint: 'name it with ?consumer=<name> to take its messages: nats consumer ls shows it',
      cause,
    });
  }
  if (/authorization|authentication|permissions violation/iu.test(`${name} ${reason}`)) {
    return new CannotEvaluateError(`${label}: ${doing} was refused (${reason})`, {
      code: 'source_permission_denied',
      hint: 'the user is part of the address (nats://user:password@host/stream), or a file named with ?creds=',
      cause,
    });
  }
  return new IncompleteError(`${label}: ${doing} failed (${reason})`, {
    code: 'queue_unreachable',
    hint: 'run the same command again when the server answers; nothing was lost',
    cause,
  });
}
