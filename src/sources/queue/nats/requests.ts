import type { Consumer, JsMsg } from '@nats-io/jetstream';
import type { Inbox } from './inbox.js';

/** Asks the server for as many messages as are wanted, and for none ahead. */
export function openRequests(consumer: Consumer, requestMs: number): Inbox {
  let pending: Promise<readonly JsMsg[]> = Promise.resolve([]);
  let isEnded = false;
  const request = async (most: number) => {
    const messages: JsMsg[] = [];
    for await (const message of await consumer.fetch({ max_messages: most, expires: requestMs }))
      messages.push(message);
    return messages;
  };
  return {
    size: 0,
    async take(most) {
      if (isEnded) return [];
      pending = request(most);
      const taken = await pending;
      // What comes behind the end is given back by whoever ended it.
      if (isEnded) return [];
      pending = Promise.resolve([]);
      return taken;
    },
    async end() {
      isEnded = true;
      return pending.catch(() => []);
    },
  };
}
