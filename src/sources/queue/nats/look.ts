import type { QueueDriver } from '../driver.js';
import type { NatsAddress } from './address.js';
import type { Nats } from './connect.js';
import { describeNats } from './describe.js';
import { natsError } from './errors.js';
import { isDead, letterOf } from './message.js';

const RECEIVE = 200;
/** The server's code for a number that is not in the stream (any more). */
const NO_MESSAGE = 10_037;

/** Reads a stream message by message, by their numbers: no consumer is made, and nothing is acknowledged. */
export function createNatsLook(nats: Nats, address: NatsAddress): QueueDriver<undefined> {
  const { manager, connection } = nats;
  const { label, stream, subject, consumer } = address;
  let next: Promise<{ seq: number; readonly last: number }> | undefined;

  const begin = async () => {
    const { state } = await manager.streams.info(stream);
    const done = await manager.consumers.info(stream, consumer).catch(() => undefined);
    const acked = done?.ack_floor.stream_seq ?? 0;
    return { seq: Math.max(state.first_seq, acked + 1), last: state.last_seq };
  };
  const get = async (seq: number) => {
    const stored = await manager.streams.getMessage(stream, { seq }).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === NO_MESSAGE) return null;
      throw error;
    });
    if (stored === null || (subject !== undefined && !matches(stored.subject, subject))) return [];
    const { header: headers, time, data } = stored;
    const found = { seq, subject: stored.subject, timeMs: time.getTime(), data, headers };
    return [
      { key: String(seq), handle: undefined, isDead: isDead(found), letter: await letterOf(found, stream, nats) },
    ];
  };
  const cannot = (cause: unknown) => {
    throw natsError(label, 'looking at the stream', cause);
  };

  return {
    label,
    limits: { pollers: 1, acks: 1_000, held: 10_000 },
    describe: () => describeNats(nats, address).catch(cannot),
    async receive(signal) {
      next ??= begin();
      const place = await next.catch(cannot);
      for (let found: Awaited<ReturnType<typeof get>> = []; place.seq <= place.last && !signal.aborted; ) {
        const count = Math.min(RECEIVE, place.last - place.seq + 1);
        const some = Array.from({ length: count }, (_, index) => get(place.seq + index));
        found = (await Promise.all(some).catch(cannot)).flat();
        place.seq += count;
        if (found.length > 0) return found;
      }
      return [];
    },
    isDrained: async () => true,
    ack: async (messages) => messages.map(() => 'lost'),
    release: async () => {},
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

/** Whether a subject is among those that a filter stands for: `*` is one word, `>` all that follow. */
function matches(subject: string, filter: string): boolean {
  const words = subject.split('.');
  const wanted = filter.split('.');
  const end = wanted.indexOf('>');
  if (end === -1 && words.length !== wanted.length) return false;
  return wanted.slice(0, end === -1 ? undefined : end).every((word, at) => word === '*' || word === words[at]);
}
