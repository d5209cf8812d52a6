import type { Snapshot } from './progress.js';

/** How fast things go just now. */
export interface Rate {
  readonly eventsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** Rates over the last `windowMs`, so that a stall shows and a fast start does not flatter. */
export interface RateMeter {
  /** Undefined while nothing is known but where things stand. */
  add(snapshot: Snapshot, nowMs: number): Rate | undefined;
}

interface Sample {
  readonly atMs: number;
  readonly read: number;
  readonly bytesRead: number;
}

/** Opens a meter. It begins anew with a sample that has gone back, as where another phase begins. */
export function createRateMeter(windowMs = 10_000): RateMeter {
  let samples: readonly Sample[] = [];
  return {
    add: ({ read, bytesRead }, nowMs) => {
      const last = { atMs: nowMs, read, bytesRead };
      const inWindow = samples.findIndex(({ atMs }) => nowMs - atMs <= windowMs);
      const previous = samples.at(-1) ?? last;
      const beginsAnew = read < previous.read || bytesRead < previous.bytesRead;
      samples = inWindow === -1 || beginsAnew ? [last] : [...samples.slice(Math.max(0, inWindow - 1)), last];
      const [first = last] = samples;
      if (first === last) return undefined;
      const seconds = Math.max(nowMs - first.atMs, 1) / 1000;
      return {
        eventsPerSecond: (last.read - first.read) / seconds,
        bytesPerSecond: (last.bytesRead - first.bytesRead) / seconds,
      };
    },
  };
}
