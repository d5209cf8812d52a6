import type { ConsumeMessage } from 'amqplib';
import { pause } from '../../../pause.js';
import type { Message, QueueDriver } from '../driver.js';
import type { AmqpAddress } from './address.js';
import { type AmqpSession, connectAmqp } from './connect.js';
import { amqpError } from './errors.js';
import { letterOf } from './letter-of-message.js';
import type { Position } from './position.js';

interface OpenedStream {
  readonly address: AmqpAddress;
  readonly session: AmqpSession;
  readonly position: Position;
  readonly follow: boolean;
}

const PREFETCH = 500;
const MOST_HELD = 8_000;
const WAIT_MS = 300;
const LOOK_MS = 1_000;
const RECONNECT_TRIES = 8;

/**
 * A stream of RabbitMQ, from where this state folder left off to what was there at the start. Nothing is ever removed
 * from a stream: to acknowledge is to move our own mark past everything in front of it.
 */
export async function createStreamDriver(opened: OpenedStream): Promise<QueueDriver<number>> {
  const { address, position, follow } = opened;
  let session = opened.session;
  const end = await lastOffset(session, address);
  const open: { readonly offset: number; isDone: boolean }[] = [];
  let next = position.next ?? 0;
  let buffer: ConsumeMessage[] = [];
  let isConsuming = false;
  let wake: () => void = () => {};
  let saving: Promise<void> = Promise.resolve();

  const consume = async (signal: AbortSignal) => {
    if (session.closedBy() !== undefined) session = await reconnect(session, address, signal);
    const { channel } = session;
    const mine = session;
    await channel.prefetch(PREFETCH);
    const options = { arguments: { 'x-stream-offset': next === 0 ? 'first' : next } };
    const arrived = (message: ConsumeMessage | null) => {
      if (message === null) isConsuming = false;
      // A chunk may begin in front of the offset that was asked for.
      else if (session === mine && offsetOf(message) >= next) buffer.push(message);
      else channel.ack(message);
      wake();
    };
    await channel.consume(address.queue, arrived, options);
    isConsuming = true;
  };
  const isAtEnd = () => !follow && next > end;

  return {
    label: address.label,
    limits: { pollers: 1, acks: 10_000, held: MOST_HELD, passesQuarantined: true, returnsAtOnce: true },
    describe: async () => ({
      isDeadLetters: true,
      why: 'a stream of RabbitMQ: nothing is removed from it',
      ready: Math.max(0, end + 1 - next),
      warnings: [],
    }),
    async receive(signal) {
      if (isAtEnd()) return [];
      if (session.closedBy() !== undefined) {
        buffer = [];
        isConsuming = false;
      }
      try {
        if (!isConsuming) await consume(signal);
      } catch (error) {
        if (session.closedBy() === undefined) throw amqpError(error, address.label);
      }
      if (buffer.length === 0) {
        await Promise.race([new Promise<void>((resolve) => (wake = resolve)), pause(WAIT_MS, signal)]);
      }
      const messages: Message<number>[] = [];
      for (const message of buffer.splice(0)) {
        const offset = offsetOf(message);
        // An acknowledgement asks for more and changes nothing in the stream.
        if (session.closedBy() === undefined) session.channel.ack(message);
        if (offset < next) continue;
        next = offset + 1;
        if (offset > end && !follow) break;
        open.push({ offset, isDone: false });
        const letter = letterOf(message, address.queue);
        messages.push({ key: String(offset), handle: offset, letter: { ...letter, id: letter.id ?? String(offset) } });
      }
      return messages;
    },
    isDrained: async () => isAtEnd(),
    async ack(messages) {
      const done = new Set(messages.map(({ handle }) => handle));
      for (const entry of open) if (done.has(entry.offset)) entry.isDone = true;
      const ready = open.findIndex(({ isDone }) => !isDone);
      const passed = open.splice(0, ready < 0 ? open.length : ready);
      const last = passed.at(-1);
      if (last !== undefined) {
        saving = saving.then(() => position.save(last.offset + 1));
        await saving;
      }
      return messages.map(() => 'acked');
    },
    async release() {},
    async [Symbol.asyncDispose]() {
      await session.close();
    },
  };
}

function offsetOf({ properties }: ConsumeMessage): number {
  return Number(properties.headers?.['x-stream-offset']);
}

/** The offset of the last message; -1 for an empty stream. AMQP tells it only by delivering the last chunk. */
async function lastOffset({ connection }: AmqpSession, { queue }: AmqpAddress): Promise<number> {
  const channel = await connection.createChannel();
  channel.on('error', () => {});
  let last = -1;
  await channel.prefetch(PREFETCH);
  await channel.consume(
    queue,
    (message) => {
      if (message === null) return;
      last = Math.max(last, offsetOf(message));
      channel.ack(message);
    },
    { arguments: { 'x-stream-offset': 'last' } },
  );
  for (let seen = -2, waited = 0; seen !== last || (last < 0 && waited < LOOK_MS); waited += WAIT_MS) {
    seen = last;
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
  await channel.close();
  return last;
}

async function reconnect(session: AmqpSession, address: AmqpAddress, signal: AbortSignal): Promise<AmqpSession> {
  const cause = session.closedBy();
  await session.close();
  for (let attempt = 1; ; attempt++) {
    try {
      return await connectAmqp(address);
    } catch {
      if (attempt >= RECONNECT_TRIES) throw amqpError(cause, address.label);
      await pause(Math.min(250 * 2 ** attempt, 5_000), signal);
    }
  }
}
