import type { Accounts } from './accounts.js';

/** How far a step goes: a number of events, or a share of the source. */
export type CanaryStep =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'percent'; readonly percent: number };

/** How far a run has come. */
export interface Progress {
  /** Events that have been taken. */
  readonly events: number;
  /** Share of the source that has been read, 0 to 1; undefined where its size is not known. */
  readonly share: number | undefined;
}

/** Goes through a source in steps, and looks back at the end of each. */
export interface Canary {
  /** Whether a step is over: then everything that is under way has to arrive before the verdict. */
  isDue(progress: Progress): boolean;
  /** Ends the step. Says in which words the run must stop, when events were refused for what they had died of. */
  verdict(accounts: Accounts): string | undefined;
}

/** Opens the steps of `--canary`; behind the last one the run goes on freely. */
export function createCanary(steps: readonly CanaryStep[]): Canary {
  let at = 0;
  let seen = 0;
  return {
    isDue({ events, share }) {
      const step = steps[at];
      if (step === undefined) return false;
      if (step.kind === 'count') return events >= step.count;
      return share !== undefined && share * 100 >= step.percent;
    },
    verdict({ repeated, read }) {
      const step = steps[at++];
      const fresh = repeated - seen;
      seen = repeated;
      if (fresh === 0 || step === undefined) return undefined;
      const name = step.kind === 'count' ? `${step.count}` : `${step.percent}%`;
      return `--canary: at step ${name}, after ${read} events, ${fresh} failed again, for the same reason as far as one is known: the fix is not live`;
    },
  };
}
