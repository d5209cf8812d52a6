import type { Message, QueueDriver } from './driver.js';

/** Messages that have been received and not settled: they are ours as long as their lease is prolonged. */
export interface Held<H> extends AsyncDisposable {
  readonly size: number;
  /** Messages whose lease could not be prolonged: they come back by themselves. */
  readonly lostLeases: number;
  /** Takes a message; false when it is held already, and then its newest handle is kept. */
  take(message: Message<H>): boolean;
  /** The message with its newest handle, not held any more; undefined when it is not held. */
  give(key: string): Message<H> | undefined;
  /**
   * Resolves once no prolongation is under way of messages that are not held any more: one that lands behind an
   * acknowledgement would look like a lost lease.
   */
  quiet(): Promise<void>;
  /**
   * Resolves as soon as there is room for more, to how many may be received: they have their room until `arrived`.
   */
  room(signal: AbortSignal): Promise<number>;
  /** Of what `room` has promised, this receive is over: what came has been taken. */
  arrived(promised: number): void;
  /** Everything that is held, held no more. */
  giveAll(): readonly Message<H>[];
}

/** Bodies that are held at once, beside the driver's bound on their number. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Messages that one receive is asked for. */
const MOST_AT_ONCE = 1_000;

interface HeldOptions {
  /** How many messages may be held because they are wanted, beside the driver's bound; at least 1. */
  readonly wanted?: () => number;
  readonly now?: () => number;
}

interface Entry<H> {
  message: Message<H>;
  leasedMs: number;
}

/** Opens the hold of a driver and keeps its leases alive. */
export function openHeld<H>(driver: QueueDriver<H>, options: HeldOptions = {}): Held<H> {
  const { wanted = () => Number.POSITIVE_INFINITY, now = () => performance.now() } = options;
  const { held, leaseMs, acks } = driver.limits;
  const entries = new Map<string, Entry<H>>();
  const waiting: (() => void)[] = [];
  let lostLeases = 0;
  let bytes = 0;
  let promised = 0;
  const left = () => Math.min(held, wanted()) - entries.size - promised;
  const isFull = () => left() <= 0 || bytes >= MOST_BYTES;
  /** The one call that is under way. */
  let call: Promise<void> = Promise.resolve();
  let isBeating = false;
  let isClosed = false;

  const beat = async (leasedForMs: number) => {
    // A beat that takes longer than the time between two is not followed by more of them, but by the next one.
    if (isBeating) return;
    isBeating = true;
    const due = [...entries.values()].filter(({ leasedMs }) => now() - leasedMs > leasedForMs / 2);
    for (let at = 0; at < due.length && !isClosed; at += driver.limits.acks) {
      const some = due.slice(at, at + driver.limits.acks).filter(({ message }) => entries.has(message.key));
      if (some.length > 0) call = prolong(some);
      await call;
    }
    isBeating = false;
  };
  const prolong = async (some: readonly Entry<H>[]) => {
    const startedMs = now();
    const answers = await driver.extend?.(some.map(({ message }) => message)).catch(() => undefined);
    for (const [index, entry] of some.entries()) {
      if (answers?.[index] === true) entry.leasedMs = startedMs;
      // Without an answer it is tried again; what the server refused is settled all the same, and may come back.
      else if (answers !== undefined) lostLeases += forget(entry);
    }
  };
  const forget = (entry: Entry<H>) => {
    if (entry.leasedMs === Number.POSITIVE_INFINITY) return 0;
    entry.leasedMs = Number.POSITIVE_INFINITY;
    return 1;
  };
  const timer = leaseMs === undefined ? undefined : setInterval(() => void beat(leaseMs), leaseMs / 8);
  timer?.unref();
  const wake = () => {
    if (!isFull()) for (const go of waiting.splice(0)) go();
  };

  return {
    get size() {
      return entries.size;
    },
    get lostLeases() {
      return lostLeases;
    },
    take(message) {
      const known = entries.get(message.key);
      if (known !== undefined) {
        known.message = message;
        known.leasedMs = now();
        return false;
      }
      entries.set(message.key, { message, leasedMs: now() });
      bytes += message.letter.body.length;
      return true;
    },
    give(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      bytes -= entry.message.letter.body.length;
      wake();
      return entry.message;
    },
    quiet: () => call,
    async room(signal) {
      while (isFull() && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const go = () => {
            signal.removeEventListener('abort', go);
            resolve();
          };
          waiting.push(go);
          signal.addEventListener('abort', go, { once: true });
        });
      }
      const room = signal.aborted ? 0 : Math.min(left(), acks, MOST_AT_ONCE);
      promised += room;
      return room;
    },
    arrived(count) {
      promised -= count;
      wake();
    },
    giveAll() {
      const all = [...entries.values()].map(({ message }) => message);
      entries.clear();
      bytes = 0;
      wake();
      return all;
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      clearInterval(timer);
      await call;
    },
  };
}
