import { pause } from '../../pause.js';

/** A service that has asked to be left alone is left alone by all requests, not only by the one that it told. */
export interface Rest {
  /** From now on for so long; a shorter one changes nothing. */
  ask(ms: number): void;
  /** Resolves once nothing is asked for any more. */
  over(signal: AbortSignal): Promise<void>;
}

/** Opens with nothing asked for. @param now milliseconds on a clock that never goes back. */
export function createRest(now: () => number): Rest {
  let untilMs = Number.NEGATIVE_INFINITY;
  return {
    ask(ms) {
      untilMs = Math.max(untilMs, now() + ms);
    },
    async over(signal) {
      for (let leftMs = untilMs - now(); leftMs > 0; leftMs = untilMs - now()) await pause(leftMs, signal);
    },
  };
}
