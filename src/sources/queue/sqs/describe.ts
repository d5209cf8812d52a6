import type { SQSClient } from '@aws-sdk/client-sqs';
import type { QueueDescription } from '../driver.js';
import { parsePolicy, sendersTo } from './senders.js';

interface Counts {
  readonly ready: number;
  readonly inFlight: number;
  readonly delayed: number;
}

interface Asked {
  readonly client: SQSClient;
  readonly url: string;
  readonly signal: AbortSignal;
}

/** Asks for a queue's counts and configuration, and who sends dead letters to it. Nothing is received. */
export async function describeSqs(asked: Asked): Promise<QueueDescription> {
  const attributes = await attributesOf(asked);
  const origins = await sendersTo(asked, attributes.QueueArn);
  const isFifo = attributes.FifoQueue === 'true';
  const retentionSeconds = Number(attributes.MessageRetentionPeriod ?? 0);
  return {
    isDeadLetters: origins.length > 0 ? true : undefined,
    why:
      origins.length > 0
        ? `${origins.join(', ')} ${origins.length === 1 ? 'sends its' : 'send their'} dead letters here`
        : 'no SQS queue sends its dead letters here',
    ...countsIn(attributes),
    ...(retentionSeconds > 0 && { retentionMs: retentionSeconds * 1_000 }),
    warnings: retentionSeconds > 0 ? [retentionNote(retentionSeconds, isFifo)] : [],
    ...dangerOf(attributes.RedrivePolicy),
  };
}

/** How many messages are where; the counts lag behind by up to a minute. */
export async function countSqs(asked: Asked): Promise<Counts> {
  return countsIn(await attributesOf(asked));
}

function countsIn(attributes: Readonly<Record<string, string>>): Counts {
  const count = (name: string) => Number(attributes[name] ?? 0);
  return {
    ready: count('ApproximateNumberOfMessages'),
    inFlight: count('ApproximateNumberOfMessagesNotVisible'),
    delayed: count('ApproximateNumberOfMessagesDelayed'),
  };
}

function retentionNote(seconds: number, isFifo: boolean): string {
  const period = seconds % 86_400 === 0 ? `${seconds / 86_400} d` : `${Math.round(seconds / 360) / 10} h`;
  return isFifo
    ? `a message is removed by SQS ${period} after it came here`
    : `a message is removed by SQS ${period} after it was first sent, the time in its first queue included`;
}

/** A queue with dead letters of its own counts each receive, and moves a message on when there were too many. */
function dangerOf(text: string | undefined): { danger?: string } {
  const policy = parsePolicy(text);
  if (policy === undefined) return {};
  const target = policy.target.slice(policy.target.lastIndexOf(':') + 1);
  return { danger: `it counts every receive, and after ${policy.most} it moves a message on to ${target}` };
}

async function attributesOf({ client, url, signal }: Asked): Promise<Record<string, string>> {
  const { GetQueueAttributesCommand } = await import('@aws-sdk/client-sqs');
  const asked = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
  const { Attributes = {} } = await client.send(asked, { abortSignal: signal });
  return Attributes;
}
