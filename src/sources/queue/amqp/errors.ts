import { CannotEvaluateError, IncompleteError, type RespoolError, UsageError } from '../../../errors.js';

/** An error of the client or the server, in the class of what the user does next. */
export function amqpError(error: unknown, label: string): RespoolError {
  const reason = reasonOf(error);
  if (/\b404\b|NOT[-_]FOUND|no queue/u.test(reason)) {
    return new UsageError(`${label}: there is no such queue`, {
      code: 'source_not_found',
      hint: 'check the name and the vhost: rabbitmqctl list_queues -p <vhost>',
      cause: error,
    });
  }
  if (/got <ConnectionClose/u.test(reason)) {
    return new CannotEvaluateError(
      `${label}: the server refuses the vhost: there is none of this name, or this user may not use it`,
      {
        code: 'source_permission_denied',
        hint: 'no path in the address is the vhost /; rabbitmqctl list_vhosts and list_permissions -p <vhost> tell more',
        cause: error,
      },
    );
  }
  if (/\b403\b|ACCESS[-_]REFUSED|NOT[-_]ALLOWED|\b530\b/u.test(reason)) {
    return new CannotEvaluateError(`${label}: ${reason}`, {
      code: 'source_permission_denied',
      hint: 'check user, password and vhost; reading a queue needs the right read on it (rabbitmqctl list_permissions)',
      cause: error,
    });
  }
  if (/\b405\b|RESOURCE[-_]LOCKED|exclusive/u.test(reason)) {
    return new CannotEvaluateError(`${label}: ${reason}`, {
      code: 'source_unreadable',
      hint: 'another connection uses the queue exclusively: stop that consumer first',
      cause: error,
    });
  }
  return new IncompleteError(`${label}: ${reason}`, {
    code: 'queue_unreachable',
    hint: 'run the same command again when the server answers: what was not acknowledged is still in the queue',
    cause: error,
  });
}

/** What the server or the socket said, without the words around it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [, said] = /with message "(.*)"$/su.exec(error.message) ?? [];
  return said ?? (error.message || error.name);
}
