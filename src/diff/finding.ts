import type { Difference } from './compare.js';

/** What a difference is, in one word. */
export const DIFF_CLASSES = ['lost', 'late', 'duplicate', 'extra', 'enriched', 'reformatted', 'changed'] as const;

/** One of `DIFF_CLASSES`. */
export type DiffClass = (typeof DIFF_CLASSES)[number];

/** How the two sides differ in one event. */
export type DiffKind = 'missing' | 'extra' | 'changed';

/** The class of an event that only one side has. */
export interface LoneFacts {
  readonly kind: 'missing' | 'extra';
  /** The other side has the key as well, only not as often. */
  readonly isSurplus: boolean;
  readonly timeUs: number;
  /** The time of the other side's last event. */
  readonly otherLastUs: number;
}

/** An event that lies behind all that the other side has is not lost: the other side has not come that far. */
export function classOfLone({ kind, isSurplus, timeUs, otherLastUs }: LoneFacts): DiffClass {
  if (isSurplus) return 'duplicate';
  if (timeUs > otherLastUs) return 'late';
  return kind === 'missing' ? 'lost' : 'extra';
}

/** The class of an event that both sides have. */
export function classOfChanged(differences: readonly Difference[]): DiffClass {
  if (differences.every(({ kind }) => kind === 'added')) return 'enriched';
  return differences.every(({ isReformatted }) => isReformatted) ? 'reformatted' : 'changed';
}
