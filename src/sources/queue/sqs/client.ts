import type { SQSClient } from '@aws-sdk/client-sqs';
import { CannotEvaluateError, IncompleteError, type RespoolError, UsageError } from '../../../errors.js';
import type { SqsAddress } from './address.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Opens a client: the endpoint from the address, `AWS_ENDPOINT_URL_SQS` or `AWS_ENDPOINT_URL`, the rest as the AWS CLI does. */
export async function openSqsClient(address: SqsAddress, env: Environment): Promise<SQSClient> {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  const endpoint = address.endpoint ?? env.AWS_ENDPOINT_URL_SQS ?? env.AWS_ENDPOINT_URL;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
  const hasKeys = accessKeyId !== undefined && secretAccessKey !== undefined;
  const sessionToken = AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN };
  return new SQSClient({
    region: address.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1',
    ...(endpoint !== undefined && { endpoint }),
    ...(hasKeys && { credentials: { accessKeyId, secretAccessKey, ...sessionToken } }),
    // The URL that names the queue decides where requests go only when no endpoint does.
    useQueueUrlAsEndpoint: endpoint === undefined,
  });
}

/** Says why SQS did not do what was asked, by what the user does next. */
export function sqsError(label: string, cause: unknown): RespoolError {
  const name = cause instanceof Error ? cause.name : '';
  if (/QueueDoesNotExist|NonExistentQueue/u.test(name)) {
    return new UsageError(`${label}: there is no such queue`, {
      code: 'source_not_found',
      hint: 'check the name, the region (AWS_REGION) and the endpoint (AWS_ENDPOINT_URL_SQS)',
      cause,
    });
  }
  const status = statusOf(cause);
  if (status === 401 || status === 403 || /AccessDenied|CredentialsProvider|InvalidClientTokenId/u.test(name)) {
    return new CannotEvaluateError(`${label}: access denied (${name})`, {
      code: 'source_permission_denied',
      hint: 'needed are sqs:GetQueueUrl, GetQueueAttributes, ReceiveMessage, DeleteMessage and ChangeMessageVisibility; credentials come from AWS_ACCESS_KEY_ID or the AWS profile',
      cause,
    });
  }
  const reason = cause instanceof Error ? cause.message || name : String(cause);
  return new IncompleteError(`${label}: cannot be reached (${reason})`, {
    code: 'queue_unreachable',
    hint: 'run the same command again when it answers: what was not acknowledged is still in the queue',
    cause,
  });
}

function statusOf(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !('$metadata' in cause)) return undefined;
  const { httpStatusCode } = cause.$metadata as { httpStatusCode?: number }; // every service error of the SDK has it
  return httpStatusCode;
}
