import type { Answer } from './answer.js';

/** The time as the service has it, as far as its answers tell: the earlier of its clock and ours. */
export interface ServiceClock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Reads the `Date` of an answer. */
  learn(answer: Pick<Answer, 'headers'>): void;
  /** How far ours is ahead of the service's, in milliseconds; below a few seconds it is 0. */
  readonly aheadMs: number;
}

/** `Date` holds whole seconds, and the answer was under way for a while. */
const IMPRECISE_MS = 5_000;

/** Opens the clock of a service. */
export function createServiceClock(now: () => number): ServiceClock {
  let aheadMs = 0;
  return {
    now: () => now() - aheadMs,
    learn({ headers }) {
      const theirs = Date.parse(headers.date ?? '');
      if (Number.isNaN(theirs)) return;
      const difference = now() - theirs;
      aheadMs = difference > IMPRECISE_MS ? difference : 0;
    },
    get aheadMs() {
      return aheadMs;
    },
  };
}
