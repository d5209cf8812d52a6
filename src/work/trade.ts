import type { Job } from './jobs.js';

/** A kind of work that workers share. A run of it consists of items, whose states all workers can read. */
export interface Trade {
  readonly kind: Job['kind'];
  /** Reads how an item stands. @throws when that cannot be had now. */
  open(job: Job): Promise<Item>;
}

/** One item of a run: a partition of a backfill, a slice of a replay. */
export interface Item {
  /** In words, for notes. */
  readonly name: string;
  /** Whether nothing is left to do. */
  readonly isDone: boolean;
  /** How often work on it has failed outside of its own way. */
  readonly troubles: number;
  /**
   * Works on it until it is at its end, well or not, which is written down then. Resolves to what keeps it from its end
   * for now: somebody takes it up again.
   * @param onPassed is given a way to ask how many events have been passed on.
   * @throws whatever goes wrong outside of its own way.
   */
  work(onPassed: (passed: () => number) => void): Promise<Error | undefined>;
  /** Writes down how often work on it has failed. */
  noteTroubles(troubles: number): Promise<void>;
  /** Writes down that it has failed. */
  fail(failure: Failure): Promise<void>;
}

/** Why an item has failed, in words. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Whether an item has failed since a job for it was handed out: only a new job brings it on. */
export function isSpent({ attempt }: Job, failures: number): boolean {
  return attempt !== undefined && failures > attempt;
}

/** The trade of a job; undefined when this version of respool has not learnt it. */
export function tradeOf(trades: readonly Trade[], { kind }: Job): Trade | undefined {
  return trades.find((trade) => trade.kind === kind);
}
