import { pause } from '../../pause.js';
import type { Message, QueueDriver } from './driver.js';
import type { Held } from './held.js';

/** So long a batch waits for more messages once it has some. */
const LINGER_MS = 200;
const IDLE_MS = 100;

interface Gathering<H> {
  readonly driver: QueueDriver<H>;
  readonly held: Held<H>;
  /** Messages in one batch. */
  readonly most: number;
  /** Goes on when what was there at the start is done. */
  readonly follows: boolean;
  readonly signal: AbortSignal;
  /** Messages of this run that stay in the queue. */
  readonly left: () => number;
  /** Whether a message is to be worked on. */
  readonly isNew: (message: Message<H>) => boolean;
}

/**
 * Receives with as many pollers as the driver wants and yields what has come in batches. It ends when what was there
 * at the start is done.
 * @throws what the driver throws when the queue cannot be read any more.
 */
export async function* gather<H>(gathering: Gathering<H>): AsyncGenerator<readonly Message<H>[]> {
  const { driver, most, signal } = gathering;
  const buffer: Message<H>[] = [];
  const doorbell = createDoorbell();
  let failure: { readonly error: unknown } | undefined;
  let polling = driver.limits.pollers;
  const put = (messages: readonly Message<H>[]) => {
    buffer.push(...messages);
    doorbell.ring();
  };
  const pollers = Array.from({ length: polling }, () =>
    poll(gathering, put)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => {
        polling--;
        doorbell.ring();
      }),
  );
  try {
    while (!signal.aborted) {
      await doorbell.until(() => buffer.length > 0 || polling === 0 || failure !== undefined, signal);
      if (failure !== undefined && buffer.length === 0) throw failure.error;
      if (buffer.length === 0 && polling === 0) return;
      await doorbell.until(() => buffer.length >= most || polling === 0, signal, LINGER_MS);
      if (buffer.length > 0) yield buffer.splice(0, most);
    }
  } finally {
    await Promise.allSettled(signal.aborted ? pollers : []);
  }
}

async function poll<H>(gathering: Gathering<H>, put: (messages: readonly Message<H>[]) => void): Promise<void> {
  const { driver, held, follows, signal, left, isNew } = gathering;
  while (!signal.aborted) {
    await held.room(signal);
    if (signal.aborted) return;
    const received = await driver.receive(signal).catch((error: unknown) => {
      if (signal.aborted) return [];
      throw error;
    });
    const fresh = received.filter(isNew);
    if (fresh.length > 0) put(fresh);
    else if (!follows && (await driver.isDrained(left(), signal, held.size))) return;
    else if (received.length === 0) await pause(IDLE_MS, signal).catch(() => undefined);
  }
}

/** Wakes whoever waits for a condition. */
function createDoorbell() {
  const listeners = new Set<() => void>();
  return {
    ring() {
      for (const listener of [...listeners]) listener();
    },
    /** Resolves once `condition` holds, the signal aborts or the time is over. */
    until(condition: () => boolean, signal: AbortSignal, mostMs?: number): Promise<void> {
      return new Promise((resolve) => {
        if (condition() || signal.aborted) return resolve();
        const end = () => {
          clearTimeout(timer);
          listeners.delete(check);
          signal.removeEventListener('abort', end);
          resolve();
        };
        const check = () => {
          if (condition()) end();
        };
        const timer = mostMs === undefined ? undefined : setTimeout(end, mostMs);
        listeners.add(check);
        signal.addEventListener('abort', end, { once: true });
      });
    },
  };
}
