import type { SQSClient } from '@aws-sdk/client-sqs';
import type { QueueDescription } from '../driver.js';

type Attributes = Readonly<Record<string, string | undefined>>;

/** Queues that are looked at for one that sends its dead letters here, where the service cannot be asked directly. */
const MOST_QUEUES = 200;

/** What the queue's own attributes, and the queues around it, say of it. */
export async function describeSqs(client: SQSClient, url: string, signal: AbortSignal): Promise<QueueDescription> {
  const { GetQueueAttributesCommand } = await import('@aws-sdk/client-sqs');
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
  const attributes: Attributes = (await client.send(command, { abortSignal: signal })).Attributes ?? {};
  const senders = await sendersOf(client, url, attributes.QueueArn, signal);
  const count = (name: string) => Number(attributes[name] ?? 0);
  const ownTarget = redriveTarget(attributes);
  const retentionS = count('MessageRetentionPeriod');
  return {
    isDeadLetters: senders.length > 0 ? true : undefined,
    why:
      senders.length > 0 ? `${senders.join(', ')} sends its dead letters here` : 'no queue sends its dead letters here',
    ready: count('ApproximateNumberOfMessages'),
    inFlight: count('ApproximateNumberOfMessagesNotVisible'),
    delayed: count('ApproximateNumberOfMessagesDelayed'),
    warnings: [
      ...(retentionS > 0
        ? [`it keeps a message for ${days(retentionS)}, counted from when the message was first sent`]
        : []),
      ...(url.endsWith('.fifo')
        ? ['it is a FIFO queue: what stays in it holds back the messages of its group that come behind it']
        : []),
    ],
    ...(ownTarget !== undefined && {
      danger: `each receive counts, and after ${ownTarget.most} of them the queue moves a message on to ${ownTarget.name}`,
    }),
  };
}

function days(seconds: number): string {
  return seconds % 86_400 === 0 ? `${seconds / 86_400} days` : `${Math.round(seconds / 3_600)} hours`;
}

function redriveTarget({ RedrivePolicy }: Attributes): { readonly name: string; readonly most: number } | undefined {
  const { deadLetterTargetArn, maxReceiveCount } = parsePolicy(RedrivePolicy);
  if (typeof deadLetterTargetArn !== 'string') return undefined;
  return { name: nameOfArn(deadLetterTargetArn), most: Number(maxReceiveCount) };
}

function parsePolicy(text: string | undefined): {
  readonly deadLetterTargetArn?: unknown;
  readonly maxReceiveCount?: unknown;
} {
  try {
    return JSON.parse(text ?? '{}') ?? {};
  } catch {
    return {};
  }
}

/** The last part of an ARN: the queue's name. */
export function nameOfArn(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}

/** Names of the queues whose redrive policy names this one. */
async function sendersOf(
  client: SQSClient,
  url: string,
  arn: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { ListDeadLetterSourceQueuesCommand } = await import('@aws-sdk/client-sqs');
  try {
    const answer = await client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: url }), { abortSignal: signal });
    return (answer.queueUrls ?? []).map(nameOfUrl);
  } catch {
    // No right to ask, or a service that does not know the question: the queues themselves may say it.
    return arn === undefined ? [] : sendersByPolicy(client, arn, signal).catch(() => []);
  }
}

async function sendersByPolicy(client: SQSClient, arn: string, signal: AbortSignal): Promise<readonly string[]> {
  const { GetQueueAttributesCommand, ListQueuesCommand } = await import('@aws-sdk/client-sqs');
  const list = await client.send(new ListQueuesCommand({ MaxResults: MOST_QUEUES }), { abortSignal: signal });
  const senders: string[] = [];
  for (const other of list.QueueUrls ?? []) {
    const command = new GetQueueAttributesCommand({ QueueUrl: other, AttributeNames: ['RedrivePolicy'] });
    const { Attributes } = await client.send(command, { abortSignal: signal });
    if (parsePolicy(Attributes?.RedrivePolicy).deadLetterTargetArn === arn) senders.push(nameOfUrl(other));
  }
  return senders;
}

function nameOfUrl(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
