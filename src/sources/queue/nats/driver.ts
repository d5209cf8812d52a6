import type { JsMsg } from '@nats-io/jetstream';
import type { Message, QueueDriver } from '../driver.js';
import type { NatsAddress } from './address.js';
import { openConfirmations } from './confirmations.js';
import type { Nats } from './connect.js';
import { findConsumer, leaseOf, openConsumer } from './consumer.js';
import { describeNats } from './describe.js';
import { natsError } from './errors.js';
import { openInbox } from './inbox.js';
import { isDead, letterOf } from './message.js';
import { openRequests } from './requests.js';

const RECEIVE = 500;
/** So many receives must bring nothing before all is done, */
const QUIET_RECEIVES = 2;
/** and so many while somebody else holds messages. */
const QUIET_RECEIVES_WAITING = 10;
const MOST_HELD = 4_000;
const ACK_TIMEOUT_MS = 10_000;

/** Given back behind the end of our last request for messages: before it, the server would send it to us again. */
const NAK = `-NAK {"delay": 1200000000}`;
const REQUEST_MS = 1_000;
const PROGRESS = '+WPI';

/**
 * The driver of one JetStream stream. The handle of a message is the subject on which its acknowledgement is awaited.
 * With a limit nothing is received ahead: each delivery counts against the `max_deliver` of a consumer.
 */
export async function createNatsDriver(
  nats: Nats,
  address: NatsAddress,
  limit?: number | undefined,
): Promise<QueueDriver<string>> {
  const { jetstream } = await import('@nats-io/jetstream');
  const { connection, manager } = nats;
  const { label, stream } = address;
  const { config } = await openConsumer(nats, address);
  const lastAtStart = (await manager.streams.info(stream)).state.last_seq;
  const consumer = await jetstream(connection).consumers.get(stream, config.name ?? address.consumer);
  const bound = config.max_ack_pending !== undefined && config.max_ack_pending > 0 ? config.max_ack_pending : undefined;
  const inbox =
    limit === undefined
      ? openInbox(await consumer.consume({ max_messages: 1_000, expires: REQUEST_MS }))
      : openRequests(consumer, REQUEST_MS);

  const confirmations = await openConfirmations(connection, ACK_TIMEOUT_MS);
  let quiet = 0;

  let stopped: Promise<void> | undefined;
  /** What is given back while we still receive would come to us again: everything is given back at the end. */
  const stopReceiving = () => {
    stopped ??= inbox.end().then((ahead) => {
      for (const message of ahead) connection.publish(replyOf(message), NAK);
    });
    return stopped;
  };

  const messageOf = (received: JsMsg): Message<string> | Promise<Message<string>> => {
    const { seq } = received;
    const message = {
      key: String(seq),
      handle: replyOf(received),
      isDead: isDead(received),
      isLate: seq > lastAtStart,
    };
    const letter = letterOf(storedOf(received), stream, nats);
    return letter instanceof Promise ? letter.then((found) => ({ ...message, letter: found })) : { ...message, letter };
  };

  return {
    label,
    limits: {
      pollers: 1,
      acks: RECEIVE,
      held: Math.min(MOST_HELD, bound ?? MOST_HELD),
      leaseMs: leaseOf(config),
      // Beyond its bound the server sends nothing more: what stays must leave room for what comes.
      ...(bound !== undefined && { left: Math.max(1, Math.floor(bound / 2)) }),
    },
    describe: () =>
      describeNats(nats, address).catch((cause) => {
        throw natsError(label, 'looking at the stream', cause);
      }),
    async receive(signal, most) {
      const received = await inbox.take(Math.min(RECEIVE, most), signal).catch((cause) => {
        throw natsError(label, 'receiving', cause);
      });
      if (received.length > 0) quiet = 0;
      return Promise.all(received.map(messageOf));
    },
    async isDrained(left, _signal, held) {
      if (inbox.size > 0) return false;
      const info = await findConsumer(nats, address).catch((cause) => {
        throw natsError(label, 'looking at the consumer', cause);
      });
      if (info !== undefined && info.num_pending > 0) return false;
      // What the server has sent may still be on its way, and what others gave back comes after a while.
      const elsewhere = (info?.num_ack_pending ?? 0) - left - held;
      return ++quiet >= (elsewhere > 0 ? QUIET_RECEIVES_WAITING : QUIET_RECEIVES);
    },
    async ack(messages) {
      const confirmed = await confirmations.ask(messages.map(({ handle }) => handle));
      return confirmed.map((isConfirmed) => (isConfirmed ? 'acked' : 'failed'));
    },
    async release(messages) {
      await stopReceiving();
      for (const { handle } of messages) connection.publish(handle, NAK);
      await connection.flush();
    },
    async extend(messages) {
      for (const { handle } of messages) connection.publish(handle, PROGRESS);
      await connection.flush();
      return messages.map(() => true);
    },
    async [Symbol.asyncDispose]() {
      await stopReceiving();
      await connection.drain().catch(() => connection.close());
    },
  };
}

function storedOf({ seq, subject, data, headers, info }: JsMsg) {
  const { timestampNanos, deliveryCount: deliveries } = info;
  return { seq, subject, timeMs: Math.floor(timestampNanos / 1_000_000), data, headers, deliveries };
}

function replyOf(message: JsMsg): string {
  const { msg } = message as unknown as { readonly msg: { readonly reply?: string } }; // its class has it, its type does not
  return msg.reply ?? '';
}
