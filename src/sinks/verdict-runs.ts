import type { Verdict } from './sink.js';

/**
 * Calls `take` for each stretch of the very same verdict, `[from, to)`. Most batches are one stretch: whoever goes through their
 * verdicts this way does next to nothing for each event.
 */
export function eachRun<V extends Verdict | undefined>(
  verdicts: readonly V[],
  take: (verdict: V, from: number, to: number) => void,
): void {
  const { length } = verdicts;
  let from = 0;
  while (from < length) {
    const verdict = verdicts[from] as V; // within bounds by the loop condition
    let to = from + 1;
    while (to < length && verdicts[to] === verdict) to++;
    take(verdict, from, to);
    from = to;
  }
}
