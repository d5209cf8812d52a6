import { unlessAborted } from './unless-aborted.js';

/** How a request went, for whoever decides how many go at once. */
export type Went = 'well' | 'badly';

/** Lets requests through: as many at once as the service takes well, one more each round, half as many when it does not. */
export interface Gate {
  /** Requests that may be under way at once, now. */
  readonly width: number;
  /** Resolves once there is room; the function it gives ends the turn. */
  enter(signal: AbortSignal): Promise<(went: Went) => void>;
}

interface GateOptions {
  readonly start: number;
  readonly most: number;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
}

/** An answer this much slower than the usual ones says that the service is loaded. */
const SLOW_FACTOR = 4;
/** Answers below this are quick, whatever the others took. */
const NEVER_SLOW_MS = 2_000;

/** Opens a gate with additive increase and multiplicative decrease (as TCP has it). */
export function createGate({ start, most, now }: GateOptions): Gate {
  let width = Math.min(start, most);
  let inside = 0;
  let lastCutMs = Number.NEGATIVE_INFINITY;
  let usualMs = 0;
  const waiting: (() => void)[] = [];

  const learn = (went: Went, enteredMs: number) => {
    const tookMs = now() - enteredMs;
    const isSlow = usualMs > 0 && tookMs > Math.max(NEVER_SLOW_MS, SLOW_FACTOR * usualMs);
    if (went === 'well' && !isSlow) {
      usualMs = usualMs === 0 ? tookMs : usualMs * 0.9 + tookMs * 0.1;
      width = Math.min(most, width + 1 / width);
    } else if (enteredMs >= lastCutMs) {
      // Those that were under way at the last cut tell nothing new.
      width = Math.max(1, width / 2);
      lastCutMs = now();
      if (isSlow) usualMs = usualMs * 0.9 + tookMs * 0.1;
    }
  };
  const wake = () => {
    for (let room = Math.floor(width) - inside; room > 0 && waiting.length > 0; room--) waiting.shift()?.();
  };

  return {
    get width() {
      return Math.floor(width);
    },
    async enter(signal) {
      signal.throwIfAborted();
      while (inside >= Math.floor(width)) {
        await unlessAborted(new Promise<void>((resolve) => waiting.push(resolve)), signal);
      }
      inside++;
      const enteredMs = now();
      return (went) => {
        inside--;
        learn(went, enteredMs);
        wake();
      };
    },
  };
}
