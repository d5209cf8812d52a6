import { pause } from '../../pause.js';
import { createBuffer } from './batch-buffer.js';
import type { Message, QueueDriver } from './driver.js';
import type { Held } from './held.js';

/** So long a batch waits for more messages once it has some. */
const LINGER_MS = 200;
const IDLE_MS = 100;
/** When so many receives in a row bring only what came after the start, what was there is done. */
const LATE_RECEIVES = 3;

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
  const buffer = createBuffer<H>({ most, cuts: driver.limits.locksTogether !== true });
  const doorbell = createDoorbell();
  let failure: { readonly error: unknown } | undefined;
  let polling = driver.limits.pollers;
  const put = (messages: readonly Message<H>[]) => {
    buffer.put(messages);
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
      await doorbell.until(() => !buffer.isEmpty || polling === 0 || failure !== undefined, signal);
      if (failure !== undefined && buffer.isEmpty) throw failure.error;
      if (buffer.isEmpty && polling === 0) return;
      await doorbell.until(() => buffer.isFull || polling === 0, signal, LINGER_MS);
      if (!buffer.isEmpty) yield buffer.take();
    }
  } finally {
    await Promise.allSettled(signal.aborted ? pollers : []);
  }
}

async function poll<H>(gathering: Gathering<H>, put: (messages: readonly Message<H>[]) => void): Promise<void> {
  const { driver, held, follows, signal, isNew } = gathering;
  let late = 0;
  while (!signal.aborted && late < LATE_RECEIVES) {
    const room = await held.room(signal);
    if (signal.aborted) return;
    const received = await driver.receive(signal, room).catch((error: unknown) => {
      if (signal.aborted) return [];
      throw error;
    });
    const fresh = received.filter(isNew);
    held.arrived(room);
    late = !follows && fresh.length > 0 && fresh.every(({ isLate }) => isLate === true) ? late + 1 : 0;
    if (fresh.length > 0) put(fresh);
    else if (!follows && (await isDrained(gathering))) return;
    else await pause(IDLE_MS, signal).catch(() => undefined);
  }
}

async function isDrained<H>({ driver, held, left, signal }: Gathering<H>): Promise<boolean> {
  try {
    return await driver.isDrained(left(), signal, held.size);
  } catch (error) {
    if (signal.aborted) return true;
    throw error;
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
