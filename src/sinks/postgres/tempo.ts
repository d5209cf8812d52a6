/** How batches are written, learnt from those before: what pays depends on the dump. */
export interface Tempo {
  /** Whether to look for existing keys before anything is sent. */
  readonly probesFirst: boolean;
  /** Whether every row of the last batch was there already. */
  readonly expectsAll: boolean;
  /** Whether so many batches in a row have met nothing new that their keys are all that is needed of the next ones. */
  readonly prefersKeys: boolean;
  /** Whether to copy under savepoints. */
  readonly isCareful: boolean;
  /** Tells what the last batch met. */
  learn(met: Met): void;
}

/** What a batch met. */
export interface Met {
  readonly duplicates: boolean;
  readonly refusals: boolean;
  readonly accepted: boolean;
}

/** Clean batches in a row after which the fast way is tried again. */
const CLEAN_BATCHES = 3;
/** Batches of duplicates in a row after which the next ones are expected to be no different. */
const KNOWN_BATCHES = 2;

/** Begins with a probe, since a dump that is replayed again is the common reason to hurry. */
export function createTempo(): Tempo {
  let probes = 1;
  let careful = 0;
  let expectsAll = false;
  let known = 0;
  return {
    get probesFirst() {
      return probes > 0;
    },
    get isCareful() {
      return careful > 0;
    },
    get expectsAll() {
      return expectsAll;
    },
    get prefersKeys() {
      return known >= KNOWN_BATCHES;
    },
    learn({ duplicates, refusals, accepted }) {
      if (accepted) known = 0;
      else if (duplicates) known++;
      expectsAll = duplicates && !accepted;
      probes = duplicates ? CLEAN_BATCHES : Math.max(0, probes - 1);
      careful = refusals ? CLEAN_BATCHES : Math.max(0, careful - 1);
    },
  };
}
