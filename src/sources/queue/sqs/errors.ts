import { CannotEvaluateError, IncompleteError, RespoolError, UsageError } from '../../../errors.js';

const RIGHTS = 'sqs:GetQueueUrl, GetQueueAttributes, ReceiveMessage, DeleteMessage and ChangeMessageVisibility';
const REFUSALS = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
  'ExpiredToken',
  'ExpiredTokenException',
  'CredentialsProviderError',
  'KmsAccessDenied',
]);

/** Says why SQS did not do what was asked for, by what the user does next. */
export function sqsError(label: string, doing: string, cause: unknown): RespoolError {
  if (cause instanceof RespoolError) return cause;
  const name = cause instanceof Error ? cause.name : '';
  if (/QueueDoesNotExist|NonExistentQueue/u.test(name)) {
    return new UsageError(`${label}: there is no such queue`, {
      code: 'source_not_found',
      hint: 'check the name, the region (AWS_REGION) and the endpoint (AWS_ENDPOINT_URL_SQS): aws sqs list-queues',
      cause,
    });
  }
  if (REFUSALS.has(name) || isRefusal(cause)) {
    return new CannotEvaluateError(`${label}: ${doing} was refused (${name})`, {
      code: 'source_permission_denied',
      hint: `needed are ${RIGHTS}, and kms:Decrypt where the queue is encrypted`,
      cause,
    });
  }
  const reason = cause instanceof Error ? cause.message || name : String(cause);
  return new IncompleteError(`${label}: ${doing} failed (${reason})`, {
    code: 'queue_unreachable',
    hint: 'run the same command again when the service answers; nothing was lost',
    cause,
  });
}

function isRefusal(cause: unknown): boolean {
  if (!(cause instanceof Error) || !('$metadata' in cause)) return false;
  const { httpStatusCode } = cause.$metadata as { httpStatusCode?: number }; // every service error of the SDK has it
  return httpStatusCode === 401 || httpStatusCode === 403;
}
