import { CannotEvaluateError, IncompleteError, type RespoolError, UsageError } from '../../errors.js';

/** Says why S3 did not give what was asked for, by what the user does next. */
export function cannotReach(label: string, cause: unknown): RespoolError {
  const name = cause instanceof Error ? cause.name : '';
  if (name === 'NoSuchBucket') {
    return new UsageError(`${label}: there is no such bucket`, {
      code: 'source_not_found',
      hint: 'check the name, the region (AWS_REGION) and the endpoint (AWS_ENDPOINT_URL_S3)',
      cause,
    });
  }
  if (name === 'NoSuchKey' || name === 'PreconditionFailed' || statusOf(cause) === 412) {
    return new CannotEvaluateError(`${label}: the object changed or vanished while it was being read`, {
      code: 'source_changed',
      hint: 'run again when it is no longer written to',
      cause,
    });
  }
  if (isRefusal(name, cause)) {
    return new CannotEvaluateError(`${label}: access denied (${name})`, {
      code: 'source_permission_denied',
      hint: 'needed are s3:ListBucket and s3:GetObject; credentials come from AWS_ACCESS_KEY_ID or the AWS profile',
      cause,
    });
  }
  const reason = cause instanceof Error ? cause.message || name : String(cause);
  return new IncompleteError(`${label}: cannot be reached (${reason})`, {
    code: 's3_unreachable',
    hint: 'run the same command again when the endpoint answers',
    cause,
  });
}

function isRefusal(name: string, cause: unknown): boolean {
  const status = statusOf(cause);
  return status === 401 || status === 403 || name === 'CredentialsProviderError' || name === 'AccessDenied';
}

/** The HTTP status of an answer that the SDK made an error of; undefined when there was none. */
export function statusOf(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !('$metadata' in cause)) return undefined;
  const { httpStatusCode } = cause.$metadata as { httpStatusCode?: number }; // every service error of the SDK has it
  return httpStatusCode;
}
