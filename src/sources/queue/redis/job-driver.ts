import type { Acknowledgement, QueueDescription, QueueDriver } from '../driver.js';
import type { RedisConnection } from './connect.js';
import type { JobStore, Removal } from './job-store.js';

interface JobDriverOptions {
  readonly label: string;
  readonly connection: RedisConnection;
  readonly store: JobStore;
  readonly describe: (signal: AbortSignal) => Promise<QueueDescription>;
}

/** Jobs under way at once; they lie in the queue all the time. */
const MOST_HELD = 8_000;

/** Makes a driver of a store of jobs. */
export function createJobDriver({
  label,
  connection,
  store,
  describe,
}: JobDriverOptions): QueueDriver<string | Buffer> {
  /** Removals whose answer was lost: when such a job is gone, it was us, or nobody minds. */
  const unanswered = new Set<string>();
  let isAtEnd = false;
  const answerFor = (key: string, removal: Removal | undefined): Acknowledgement => {
    const mayBeOurs = unanswered.delete(key);
    if (removal === 'removed' || (removal === 'gone' && mayBeOurs)) return 'acked';
    return removal === 'kept' ? 'failed' : 'lost';
  };
  return {
    label,
    limits: { pollers: 1, acks: 1_000, held: MOST_HELD, removesForGood: true },
    describe,
    async receive(signal) {
      const messages = await store.next(signal);
      isAtEnd = messages.length === 0;
      return messages;
    },
    isDrained: async () => isAtEnd,
    async ack(messages) {
      try {
        const answers = await store.remove(messages.map(({ handle }) => handle));
        return messages.map(({ key }, at) => answerFor(key, answers[at]));
      } catch (error) {
        for (const { key } of messages) unanswered.add(key);
        throw error;
      }
    },
    async release() {},
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}
