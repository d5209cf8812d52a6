import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';

/** Messages that the server has sent and that wait to be received. */
export interface Inbox {
  /** What is there, at least one message unless none comes in time. @throws what broke the subscription. */
  take(most: number, signal: AbortSignal): Promise<readonly JsMsg[]>;
  readonly size: number;
  /** Ends the subscription and resolves to what was sent ahead and never taken. */
  end(): Promise<readonly JsMsg[]>;
}

/** So many may wait; then the server is not asked for more. */
const MOST_WAITING = 2_000;
const WAIT_MS = 300;

/** Reads a subscription ahead, with a bound. */
export function openInbox(messages: ConsumerMessages): Inbox {
  const waiting: JsMsg[] = [];
  let end: { readonly error: unknown } | undefined;
  let mostWaiting = MOST_WAITING;
  let onNews = () => {};
  let onRoom = () => {};
  const read = async () => {
    for await (const message of messages) {
      waiting.push(message);
      onNews();
      while (waiting.length >= mostWaiting) {
        await new Promise<void>((resolve) => {
          onRoom = resolve;
        });
      }
    }
  };
  read()
    .then(() => {
      end = { error: new Error('the server ended the subscription') };
    })
    .catch((error: unknown) => {
      end = { error };
    })
    .finally(() => onNews());

  return {
    get size() {
      return waiting.length;
    },
    async take(most, signal) {
      if (waiting.length === 0 && end === undefined) await news(signal);
      if (waiting.length === 0 && end !== undefined && !signal.aborted) throw end.error;
      const taken = waiting.splice(0, most);
      onRoom();
      return taken;
    },
    async end() {
      mostWaiting = Number.POSITIVE_INFINITY;
      onRoom();
      // What the client has received already is handed over before the subscription is gone.
      await new Promise((resolve) => setTimeout(resolve, 10));
      await messages.close();
      return waiting.splice(0);
    },
  };

  function news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, WAIT_MS);
      signal.addEventListener('abort', done, { once: true });
      onNews = done;
    });
  }
}
