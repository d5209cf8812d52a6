import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SourceContext } from '../../context.js';
import type { Source } from '../../source.js';
import { openQueue } from '../queue-source.js';
import { parseSqsAddress, type SqsAddress } from './address.js';
import { createSqsDriver } from './driver.js';
import { sqsError } from './errors.js';

/** So often a request is tried: some twenty seconds in all. */
const TRIES = 8;

/**
 * Opens `sqs:<name or URL>`. Credentials, region and endpoint come from the usual variables (`AWS_*`).
 * @throws UsageError `source_not_found`, `bad_queue_address`; CannotEvaluateError when it is refused.
 */
export async function openSqs(text: string, context: SourceContext): Promise<Source> {
  const address = parseSqsAddress(text, context.env ?? {});
  const client = await openClient(address, context.env ?? {});
  try {
    const url = address.url ?? (await urlOf(client, address));
    return await openQueue(await createSqsDriver({ client, url, address }), context);
  } catch (error) {
    client.destroy();
    throw sqsError(address.label, 'looking at the queue', error);
  }
}

async function urlOf(client: SQSClient, { name }: SqsAddress): Promise<string> {
  const { GetQueueUrlCommand } = await import('@aws-sdk/client-sqs');
  const { QueueUrl = '' } = await client.send(new GetQueueUrlCommand({ QueueName: name }));
  return QueueUrl;
}

async function openClient(
  { region, endpoint, pollers, wait }: SqsAddress,
  env: Readonly<Record<string, string | undefined>>,
): Promise<SQSClient> {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
  const hasKeys = accessKeyId !== undefined && secretAccessKey !== undefined;
  const sessionToken = AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN };
  const agent = { maxSockets: pollers + 32, keepAlive: true };
  return new SQSClient({
    region,
    // The URL of a queue names the service's own host, which is not the way when another endpoint is named.
    ...(endpoint === undefined ? {} : { endpoint, useQueueUrlAsEndpoint: false }),
    ...(hasKeys ? { credentials: { accessKeyId, secretAccessKey, ...sessionToken } } : {}),
    maxAttempts: TRIES,
    requestHandler: {
      httpAgent: agent,
      httpsAgent: agent,
      connectionTimeout: 5_000,
      requestTimeout: (wait + 15) * 1_000,
      socketAcquisitionWarningTimeout: 60_000,
    },
  });
}
