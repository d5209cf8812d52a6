import { setTimeout as sleep } from 'node:timers/promises';

/** Holds deliveries back to a rate. */
export interface Throttle {
  /** Resolves when the time that `events` take at this rate has passed; at once when there is no limit. */
  wait(events: number, signal: AbortSignal): Promise<void>;
}

/** Under a throttle a batch holds a tenth of what may be sent in a second. */
const BATCHES_A_SECOND = 10;

const MOST_LATE_MS = 1_000;

/** How many events a batch may hold so that a rate is kept evenly. */
export function recordsAtRate(perSecond: number): number {
  return Math.max(1, Math.floor(perSecond / BATCHES_A_SECOND));
}

/**
 * Opens a throttle of `perSecond` events; undefined means unlimited. What comes late is made up for by what follows, up
 * to a second of it: on a busy machine the rate is kept all the same, and after a pause there is no burst.
 * @param now milliseconds on a clock that never goes back.
 */
export function createThrottle(perSecond: number | undefined, now: () => number = () => performance.now()): Throttle {
  let paidUntil = now();
  return {
    async wait(events, signal) {
      if (perSecond === undefined) return;
      const costMs = (events / perSecond) * 1_000;
      paidUntil = Math.max(paidUntil, now() - Math.max(costMs, MOST_LATE_MS)) + costMs;
      const waitMs = paidUntil - now();
      if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    },
  };
}
