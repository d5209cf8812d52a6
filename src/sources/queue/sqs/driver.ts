import type { BatchResultErrorEntry, ReceiveMessageCommandOutput, SQSClient } from '@aws-sdk/client-sqs';
import type { Acknowledgement, Message, QueueDriver } from '../driver.js';
import type { SqsAddress } from './address.js';
import { countSqs, describeSqs } from './describe.js';
import { sqsError } from './errors.js';
import { messageOf } from './message.js';

/** What SQS takes in one call. */
const BATCH = 10;
/** Far below the 120,000 that may be in flight at once, so that several processes can drain a queue. */
const MOST_HELD = 10_000;
/** A receive may come back empty although there are messages: so many in a row are believed together with the counts, */
const EMPTY_RECEIVES = 2;
/** and so many without them, which lag behind by a minute. */
const EMPTY_RECEIVES_ALONE = 8;

/** So many receives of a FIFO queue bring nothing but what stays, with all else settled, before it counts as stuck. */
const STUCK_RECEIVES = 24;

/** So long a receive that nobody waits for any more may take beyond the time for which it waits at the server. */
const GRACE_SECONDS = 2;

interface Opened {
  readonly client: SQSClient;
  readonly url: string;
  readonly address: SqsAddress;
}

/** The driver of one SQS queue, standard or FIFO. The handle of a message is its newest receipt handle. */
export async function createSqsDriver({ client, url, address }: Opened): Promise<QueueDriver<string>> {
  const sdk = await import('@aws-sdk/client-sqs');
  const { label, visibility, wait, pollers } = address;
  const queue = url.split('/').at(-1) ?? url;
  const isFifo = queue.endsWith('.fifo');
  const startMs = Date.now();
  /** Receives that nobody waits for any more: what they bring is given back. */
  const orphans = new Set<Promise<unknown>>();
  let empty = 0;
  let stuck = 0;

  const cannotLook = (cause: unknown) => {
    throw sqsError(label, 'looking at the queue', cause);
  };
  /** Sets for how long messages stay invisible from now on; yields what was refused, by the index of the message. */
  const changeVisibility = async (messages: readonly Message<string>[], seconds: number) => {
    const Entries = messages.map(({ handle }, index) => ({
      Id: String(index),
      ReceiptHandle: handle,
      VisibilityTimeout: seconds,
    }));
    const { Failed = [] } = await client.send(new sdk.ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }));
    return byIndex(Failed);
  };

  const adopt = (answer: Promise<ReceiveMessageCommandOutput>, hangUp: AbortController) => {
    const timer = setTimeout(() => hangUp.abort(), (wait + GRACE_SECONDS) * 1_000);
    const returned = answer
      .then(({ Messages = [] }) => {
        const messages = Messages.map((message) => messageOf(message, queue, startMs));
        return messages.length === 0 ? undefined : changeVisibility(messages, 0);
      })
      // What cannot be given back comes back by itself.
      .catch(() => undefined)
      .finally(() => {
        clearTimeout(timer);
        orphans.delete(returned);
      });
    orphans.add(returned);
  };

  return {
    label,
    limits: {
      pollers,
      acks: BATCH,
      held: MOST_HELD,
      leaseMs: visibility * 1_000,
      // No other message of its group comes while one of a FIFO queue is held.
      ...(isFifo && { returnsAtOnce: true, keepsOrder: true }),
    },
    describe: (signal) => describeSqs({ client, url, signal }).catch(cannotLook),
    async receive(signal, most) {
      const ask = new sdk.ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: Math.min(BATCH, most),
        VisibilityTimeout: visibility,
        WaitTimeSeconds: wait,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      });
      signal.throwIfAborted();
      // It is not hung up on: the server might not know yet, and hand messages out to nobody for as long as a lease.
      const hangUp = new AbortController();
      const answer = client.send(ask, { abortSignal: hangUp.signal });
      const { Messages = [] } = await unlessAborted(answer, signal).catch((cause) => {
        if (signal.aborted) adopt(answer, hangUp);
        throw sqsError(label, 'receiving', cause);
      });
      empty = Messages.length === 0 ? empty + 1 : 0;
      return Messages.map((message) => messageOf(message, queue, startMs));
    },
    async isDrained(left, signal, held) {
      if (empty > 0 && empty < EMPTY_RECEIVES) return false;
      if (empty >= EMPTY_RECEIVES_ALONE) return true;
      // What waits behind a message that stays does not come as long as that one does not come first and alone.
      stuck = isFifo && held === 0 ? stuck + 1 : 0;
      if (stuck >= STUCK_RECEIVES) return true;
      const { ready, delayed } = await countSqs({ client, url, signal }).catch(cannotLook);
      return ready + delayed <= left;
    },
    async ack(messages) {
      const Entries = messages.map(({ handle }, index) => ({ Id: String(index), ReceiptHandle: handle }));
      const asked = new sdk.DeleteMessageBatchCommand({ QueueUrl: url, Entries });
      const { Failed = [] } = await client.send(asked).catch((cause) => {
        throw sqsError(label, 'deleting messages', cause);
      });
      const failed = byIndex(Failed);
      return messages.map((_, index) => acknowledgementOf(failed.get(index)));
    },
    async release(messages) {
      // A receive that still waits at the server would take them once more.
      await Promise.all(orphans);
      await changeVisibility(messages, 0);
    },
    async extend(messages) {
      const failed = await changeVisibility(messages, visibility);
      if ([...failed.values()].some(({ SenderFault }) => SenderFault !== true))
        throw new Error('not all were prolonged');
      return messages.map((_, index) => !failed.has(index));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(orphans);
      client.destroy();
    },
  };
}

/** What a promise brings; rejects at once when the signal aborts. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function byIndex(failed: readonly BatchResultErrorEntry[]): ReadonlyMap<number, BatchResultErrorEntry> {
  return new Map(failed.map((entry) => [Number(entry.Id), entry]));
}

/** What is our own fault does not get better by trying: the handle has expired, and the message comes back. */
function acknowledgementOf(failed: BatchResultErrorEntry | undefined): Acknowledgement {
  if (failed === undefined) return 'acked';
  return failed.SenderFault === true ? 'lost' : 'failed';
}
