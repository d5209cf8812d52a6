import { CannotEvaluateError, IncompleteError, RespoolError } from '../../../errors.js';

/** Says why Kafka did not do what was asked for, by what the user does next. */
export function kafkaError(label: string, doing: string, cause: unknown): RespoolError {
  if (cause instanceof RespoolError) return cause;
  const name = cause instanceof Error ? cause.name : '';
  const type = cause instanceof Error && 'type' in cause ? String(cause.type) : '';
  const reason = cause instanceof Error ? cause.message || name : String(cause);
  if (name === 'KafkaJSSASLAuthenticationError' || /AUTHORIZATION_FAILED|SASL/u.test(type)) {
    return new CannotEvaluateError(`${label}: ${doing} was refused (${reason})`, {
      code: 'source_permission_denied',
      hint: 'needed are READ on the topic and on the group (?group=); user and password are part of the address',
      cause,
    });
  }
  return new IncompleteError(`${label}: ${doing} failed (${reason})`, {
    code: 'queue_unreachable',
    hint: 'run the same command again when the brokers answer; nothing was lost',
    cause,
  });
}
