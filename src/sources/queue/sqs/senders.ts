import type { SQSClient } from '@aws-sdk/client-sqs';

/** Queues that are looked at for one that sends its dead letters here, where the service cannot be asked directly. */
const MOST_QUEUES = 200;

interface Asked {
  readonly client: SQSClient;
  readonly url: string;
  readonly signal: AbortSignal;
}

/**
 * Names of the queues that send their dead letters to the queue at `url`; none where that cannot be found out.
 * @param arn how their redrive policies name it.
 */
export async function sendersTo({ client, url, signal }: Asked, arn: string | undefined): Promise<readonly string[]> {
  const { ListDeadLetterSourceQueuesCommand } = await import('@aws-sdk/client-sqs');
  try {
    const answer = await client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: url }), { abortSignal: signal });
    return (answer.queueUrls ?? []).map(nameOf);
  } catch {
    // No right to ask, or a service that does not know the question: the queues themselves may say it.
    return arn === undefined ? [] : sendersByPolicy(client, arn, signal).catch(() => []);
  }
}

async function sendersByPolicy(client: SQSClient, arn: string, signal: AbortSignal): Promise<string[]> {
  const { GetQueueAttributesCommand, ListQueuesCommand } = await import('@aws-sdk/client-sqs');
  const list = await client.send(new ListQueuesCommand({ MaxResults: MOST_QUEUES }), { abortSignal: signal });
  const senders: string[] = [];
  for (const other of list.QueueUrls ?? []) {
    const command = new GetQueueAttributesCommand({ QueueUrl: other, AttributeNames: ['RedrivePolicy'] });
    const { Attributes } = await client.send(command, { abortSignal: signal });
    if (parsePolicy(Attributes?.RedrivePolicy)?.target === arn) senders.push(nameOf(other));
  }
  return senders;
}

/** Where a queue sends its dead letters, and after how many receives; undefined when it has no redrive policy. */
export function parsePolicy(text: string | undefined): { target: string; most: string } | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    const { deadLetterTargetArn = '', maxReceiveCount = '?' } = JSON.parse(text);
    return { target: String(deadLetterTargetArn), most: String(maxReceiveCount) };
  } catch {
    return undefined;
  }
}

/** The last part of a queue's URL. */
function nameOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
