import type { SourceTally } from '../source.js';

/** What a queue source counts. */
export interface Tally {
  acked: number;
  left: number;
  /** Removals that the server refused to the end. */
  failed: number;
  /** Messages that were not ours any more when they were to be removed. */
  lost: number;
  /** Messages that came again although their removal had been confirmed. */
  cameAgain: number;
  report(): SourceTally;
}

/** Opens the counts of one source. */
export function createTally(held: { readonly lostLeases: number }): Tally {
  return {
    acked: 0,
    left: 0,
    failed: 0,
    lost: 0,
    cameAgain: 0,
    report() {
      const { acked, left, failed, lost, cameAgain } = this;
      const { lostLeases } = held;
      const notes = [
        [
          failed,
          'could not be removed from the queue and will come back; every sink has them, the next run counts them as duplicates',
        ],
        [
          lost,
          'were not ours any more when they were to be removed; they will come back or somebody else has taken them',
        ],
        [lostLeases, 'lost their lease before they were settled'],
        [cameAgain, 'came again although their removal had been confirmed; they were removed once more'],
      ] as const;
      return {
        acked,
        left: left + failed + lost,
        notes: notes.flatMap(([count, what]) => (count > 0 ? [`${count.toLocaleString('en')} messages ${what}`] : [])),
      };
    },
  };
}
