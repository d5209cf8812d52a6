import type { Answer } from './answer.js';

/** The time as the service may have it, as far as the `Date` of its answers tells; milliseconds since the Unix epoch. */
export interface ServiceClock {
  /** The earlier of its time and ours. */
  earliest(): number;
  /** The later of its time and ours. */
  latest(): number;
  learn(answer: Pick<Answer, 'headers'>): void;
  /** How far our clock is ahead of the service's; negative when it is behind, 0 within a few seconds. */
  readonly aheadMs: number;
}

/** `Date` holds whole seconds, and the answer was under way for a while. */
const IMPRECISE_MS = 5_000;

/** Opens the clock of a service. */
export function createServiceClock(now: () => number): ServiceClock {
  let aheadMs = 0;
  return {
    earliest: () => now() - Math.max(0, aheadMs),
    latest: () => now() - Math.min(0, aheadMs),
    learn({ headers }) {
      const theirs = Date.parse(headers.date ?? '');
      if (Number.isNaN(theirs)) return;
      const difference = now() - theirs;
      aheadMs = Math.abs(difference) > IMPRECISE_MS ? difference : 0;
    },
    get aheadMs() {
      return aheadMs;
    },
  };
}
