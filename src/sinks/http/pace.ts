import { pause } from '../../pause.js';

/** Keeps to what a service allows in a stretch of time. */
export interface Pace {
  /** Resolves when so many may be sent. What is tried again counts again. */
  take(amount: number, signal: AbortSignal): Promise<void>;
}

/** Opens a pace of `perSecond`; there are no bursts, so that no stretch of any length holds more than its share. */
export function createPace(perSecond: number, now: () => number): Pace {
  if (perSecond === Number.POSITIVE_INFINITY) return { take: async () => undefined };
  let freeAtMs = now();
  return {
    async take(amount, signal) {
      const startMs = Math.max(freeAtMs, now());
      freeAtMs = startMs + (amount / perSecond) * 1_000;
      const waitMs = startMs - now();
      if (waitMs > 0) await pause(waitMs, signal);
    },
  };
}
