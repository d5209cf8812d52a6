import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { Message } from '../driver.js';
import { messageOf, type Place } from './message.js';
import type { Progress } from './progress.js';

/** Messages that a consumer has fetched and that wait to be received. */
export interface Feed {
  readonly size: number;
  /** The partitions that are ours at the moment; undefined until the group has decided. */
  readonly assigned: readonly number[] | undefined;
  /** Behind the last fetched message of each partition. */
  readonly reached: ReadonlyMap<number, bigint>;
  /** What is there, at least one message unless none comes in time. @throws what broke the consumer. */
  take(signal: AbortSignal): Promise<readonly Message<Place>[]>;
}

const MOST_WAITING = 2_000;
const WAIT_MS = 500;
const HEARTBEAT_MS = 1_000;

interface Fed {
  readonly consumer: Consumer;
  readonly topic: string;
  readonly progress: Progress;
}

/** Runs a consumer that commits nothing by itself, and reads it ahead with a bound. */
export async function openFeed({ consumer, topic, progress }: Fed): Promise<Feed> {
  let waiting: Message<Place>[] = [];
  let assigned: readonly number[] | undefined;
  let crash: { readonly error: unknown } | undefined;
  const reached = new Map<number, bigint>();
  const listeners = new Set<() => void>();
  const ring = () => {
    for (const listener of [...listeners]) listener();
  };
  const soon = (mostMs: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        listeners.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, mostMs);
      listeners.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  const eachBatch = async ({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload) => {
    while (waiting.length >= MOST_WAITING && isRunning() && !isStale()) {
      await soon(HEARTBEAT_MS);
      await heartbeat();
    }
    if (!isRunning() || isStale()) return;
    for (const message of batch.messages) {
      progress.received(batch.partition, message.offset);
      waiting.push(messageOf(message, topic, batch.partition));
    }
    resolveOffset(batch.lastOffset());
    reached.set(batch.partition, BigInt(batch.lastOffset()) + 1n);
    ring();
    await heartbeat();
  };
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    assigned = payload.memberAssignment[topic] ?? [];
    ring();
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) crash = { error: payload.error };
    ring();
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: 4, eachBatch });
  return {
    get size() {
      return waiting.length;
    },
    get assigned() {
      return assigned;
    },
    reached,
    async take(signal) {
      if (waiting.length === 0 && crash === undefined) await soon(WAIT_MS, signal);
      if (waiting.length === 0 && crash !== undefined && !signal.aborted) throw crash.error;
      const taken = waiting;
      waiting = [];
      ring();
      return taken;
    },
  };
}
