import type { SQSClient, Message as SqsMessage } from '@aws-sdk/client-sqs';
import type { SourceContext } from '../../context.js';
import type { Letter } from '../../letter.js';
import type { Source } from '../../source.js';
import type { Acknowledgement, Message, QueueDriver } from '../driver.js';
import { openQueue } from '../queue-source.js';
import { parseSqsAddress, type SqsAddress } from './address.js';
import { openSqsClient, sqsError } from './client.js';
import { describeSqs, nameOfArn } from './describe.js';

/** Most messages in one request (SQS API reference, ReceiveMessage and DeleteMessageBatch). */
const BATCH = 10;
/** Received and not settled at once; far below the 120,000 that a queue allows in flight. */
const HELD = 10_000;
/** Attributes that only a dead letter has: of SQS itself, Lambda's DeadLetterConfig and EventBridge. */
const MARKS = ['ErrorCode', 'ERROR_CODE', 'RULE_ARN', 'ErrorMessage', 'ERROR_MESSAGE'];

/** So often in a row may a FIFO queue have nothing to give, with all that was received settled, before it counts as done. */
const FIFO_LOOKS = 6;

type Handle = string;

/** Opens `sqs:<name or URL>` as a source. */
export async function openSqs(text: string, context: SourceContext): Promise<Source> {
  return openQueue(await openSqsDriver(text, context), context);
}

/**
 * Opens the driver of an SQS queue, standard or FIFO.
 * @throws UsageError `source_not_found`, CannotEvaluateError `source_permission_denied`, IncompleteError `queue_unreachable`.
 */
export async function openSqsDriver(text: string, { env = process.env }: SourceContext): Promise<QueueDriver<Handle>> {
  const address = parseSqsAddress(text);
  const label = `sqs:${address.queue}`;
  const client = await openSqsClient(address, env);
  try {
    return createDriver({ client, address, label, url: await urlOf(client, address.queue) });
  } catch (cause) {
    client.destroy();
    throw sqsError(label, cause);
  }
}

async function urlOf(client: SQSClient, queue: string): Promise<string> {
  if (/^https?:\/\//u.test(queue)) return queue;
  const { GetQueueUrlCommand } = await import('@aws-sdk/client-sqs');
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: queue }));
  return QueueUrl ?? queue;
}

interface Parts {
  readonly client: SQSClient;
  readonly address: SqsAddress;
  readonly label: string;
  readonly url: string;
}

async function createDriver({ client, address, label, url }: Parts): Promise<QueueDriver<Handle>> {
  const sdk = await import('@aws-sdk/client-sqs');
  const { visibilityS, waitS, pollers } = address;
  const isFifo = url.endsWith('.fifo');
  let emptyLooks = 0;
  const receive = new sdk.ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: BATCH,
    VisibilityTimeout: visibilityS,
    WaitTimeSeconds: waitS,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  const visibility = (messages: readonly Message<Handle>[], seconds: number) =>
    client.send(
      new sdk.ChangeMessageVisibilityBatchCommand({
        QueueUrl: url,
        Entries: entriesOf(messages).map((entry) => ({ ...entry, VisibilityTimeout: seconds })),
      }),
    );

  return {
    label,
    limits: { pollers, acks: BATCH, held: HELD, leaseMs: visibilityS * 1_000 },
    async describe(signal) {
      return describeSqs(client, url, signal).catch((cause) => {
        throw sqsError(label, cause);
      });
    },
    async receive(signal) {
      const { Messages = [] } = await client.send(receive, { abortSignal: signal }).catch((cause) => {
        throw sqsError(label, cause);
      });
      return Messages.map((message) => messageOf(message, label));
    },
    // The counts are approximate: they have to say it twice, and once more for each poller that asks.
    async isDrained(left, signal, held) {
      const command = new sdk.GetQueueAttributesCommand({
        QueueUrl: url,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesDelayed'],
      });
      const { Attributes = {} } = await client.send(command, { abortSignal: signal }).catch(() => ({ Attributes: {} }));
      const { ApproximateNumberOfMessages: ready = 0, ApproximateNumberOfMessagesDelayed: delayed = 0 } =
        Attributes as Record<string, string | undefined>; // what was asked for
      // What waits in a group behind a message that stays cannot be received before that one is visible again.
      const isBlocked = isFifo && held === 0;
      const isMore = Number(ready) + Number(delayed) > left;
      emptyLooks = isMore && !isBlocked ? 0 : emptyLooks + 1;
      return emptyLooks >= (isMore ? FIFO_LOOKS : 2);
    },
    async ack(messages) {
      const command = new sdk.DeleteMessageBatchCommand({ QueueUrl: url, Entries: entriesOf(messages) });
      const { Successful = [], Failed = [] } = await client.send(command);
      const answers = new Map<string, Acknowledgement>(Successful.map(({ Id }) => [Id ?? '', 'acked'] as const));
      // A fault of the sender is an expired handle: the message is visible again, or somebody else has it.
      for (const { Id, SenderFault } of Failed) answers.set(Id ?? '', SenderFault === true ? 'lost' : 'failed');
      return messages.map((_, index) => answers.get(String(index)) ?? 'failed');
    },
    async release(messages) {
      await visibility(messages, 0);
    },
    async extend(messages) {
      const { Successful = [] } = await visibility(messages, visibilityS);
      const prolonged = new Set(Successful.map(({ Id }) => Id));
      return messages.map((_, index) => prolonged.has(String(index)));
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };
}

/** Ids of entries are their places: a message id could stand twice in one batch. */
function entriesOf(messages: readonly Message<Handle>[]) {
  return messages.map(({ handle }, index) => ({ Id: String(index), ReceiptHandle: handle }));
}

function messageOf(message: SqsMessage, label: string): Message<Handle> {
  const { MessageId: id = '', ReceiptHandle: handle = '', Body: body = '', Attributes = {} } = message;
  const { DeadLetterQueueSourceArn: origin, SentTimestamp, ApproximateReceiveCount } = Attributes;
  const headers = headersOf(message);
  const letter: Letter = {
    kind: 'sqs',
    queue: label,
    id,
    body,
    ...(origin !== undefined && { origin: nameOfArn(origin) }),
    ...(SentTimestamp !== undefined && { sentAt: new Date(Number(SentTimestamp)).toISOString() }),
    ...(ApproximateReceiveCount !== undefined && { deliveries: Number(ApproximateReceiveCount) }),
    ...(Object.keys(headers).length > 0 && { headers }),
  };
  const isDead = origin !== undefined || MARKS.some((mark) => Object.hasOwn(headers, mark)) || isFailureRecord(body);
  return { key: id, letter, handle, isDead };
}

function headersOf({ MessageAttributes = {} }: SqsMessage): Record<string, string | Uint8Array> {
  return Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue, BinaryValue }]) => [
      name,
      StringValue ?? BinaryValue ?? '',
    ]),
  );
}

/** Lambda writes why it failed into the body: asynchronous invocations and streams alike. */
function isFailureRecord(body: string): boolean {
  return body.includes('"requestContext"') && body.includes('"condition"');
}
