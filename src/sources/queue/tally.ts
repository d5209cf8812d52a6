import type { SourceTally } from '../source.js';

/** What a queue source counts. */
export interface Tally {
  acked: number;
  left: number;
  /** Removals that the server refused to the end. */
  failed: number;
  /** Messages that were not ours any more when they were to be removed. */
  lost: number;
  /** Messages that a broken connection gave back before their removal was confirmed. */
  cut: number;
  /** Messages that came again although their removal had been confirmed. */
  cameAgain: number;
  /** Messages that somebody else holds at the end. */
  elsewhere: number;
  /** Messages that never came, because others in front of them stay. */
  behind: number;
  /** Why the server will never remove messages. */
  refusal: Error | undefined;
  report(): SourceTally;
}

/** Opens the counts of one source. */
export function createTally(held: { readonly lostLeases: number }, unconfirmed: () => number): Tally {
  return {
    acked: 0,
    left: 0,
    failed: 0,
    lost: 0,
    cut: 0,
    cameAgain: 0,
    elsewhere: 0,
    behind: 0,
    refusal: undefined,
    report() {
      const { left, failed, lost, cut, cameAgain, elsewhere, behind, refusal } = this;
      const blocked = unconfirmed();
      const acked = this.acked - blocked;
      const comesBack = failed + lost + cut + blocked;
      const notes = [
        [
          failed,
          'taken by every sink could not be removed from the queue: they will come back and count as duplicates',
        ],
        [
          lost,
          'taken by every sink had gone out of our hands before they could be removed: they will come back and count as duplicates, or somebody else has taken them',
        ],
        [
          cut,
          'taken by every sink went back into the queue when the connection broke, before their removal was confirmed: they will come again and count as duplicates',
        ],
        [
          blocked,
          'taken by every sink had to stay behind one that is not done: they will come back and count as duplicates',
        ],
        [held.lostLeases, 'lost their lease before they were settled'],
        [cameAgain, 'came again although their removal had been confirmed; they were removed once more'],
        [
          elsewhere,
          'held by somebody else, as far as the queue knows, or by a process that died: what is held comes back by itself',
        ],
        [behind, 'could not be received, waiting behind others that stay: they come once those are gone'],
      ] as const;
      return {
        acked,
        left: left + comesBack,
        comesBack,
        ...(elsewhere > 0 && { elsewhere }),
        ...(refusal !== undefined && { failure: refusal }),
        notes: notes.flatMap(([count, what]) =>
          count > 0 ? [`${count.toLocaleString('en')} ${count === 1 ? 'message' : 'messages'} ${what}`] : [],
        ),
      };
    },
  };
}
