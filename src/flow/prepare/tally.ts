import type { Remarks } from './spec.js';

/** What is counted while a batch is prepared. */
type Tally = { -readonly [key in keyof Remarks]: Remarks[key] } & {
  read: number;
  filtered: number;
  undecodable: number;
  invalid: number;
  repaired: number;
  added: number;
  dropped: number;
};

/** Nothing counted yet. */
export function emptyTally(): Tally {
  return {
    read: 0,
    filtered: 0,
    undecodable: 0,
    invalid: 0,
    repaired: 0,
    added: 0,
    dropped: 0,
    derivedIds: 0,
    withoutTime: 0,
    unknownNames: 0,
    whereErrors: 0,
    duplicateKeys: 0,
  };
}
