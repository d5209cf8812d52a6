import type { Pointer } from '../event/pointer.js';
import type { SourceColumnPlace } from '../sources/source.js';
import type { PatternText } from './pattern.js';

/** When two events are equal: plain data, the same on both sides and in every worker. */
export interface DiffRules {
  /** Places that are not looked at. */
  readonly ignore: readonly PatternText[];
  /** Places that alone are looked at; empty means everywhere. */
  readonly only: readonly PatternText[];
  /** How far two numbers may be apart. */
  readonly tolerances: readonly { readonly place: PatternText; readonly by: string }[];
  /** How far two times may be apart; undefined when times are texts like others. */
  readonly timeToleranceUs?: number;
  /** Fields of the right side that have another name than on the left. */
  readonly renames: readonly { readonly left: Pointer; readonly right: Pointer }[];
  /** Texts that are written like numbers are numbers. */
  readonly numericStrings: boolean;
  /** A member that is null is no member. */
  readonly nullIsMissing: boolean;
  /** Places that hold what a column of a table holds, however the other side writes it. */
  readonly columns: readonly SourceColumnPlace[];
  /** Zone of times that name none. */
  readonly timezone: string;
}

/** Which of the two sides an event comes from. */
export type SideName = 'left' | 'right';

/** What makes an event the same on both sides, before its content is looked at. */
export type KeyRule =
  /** Its id, as everywhere else. */
  | { readonly kind: 'id' }
  /** Several fields together. */
  | { readonly kind: 'fields'; readonly pointers: readonly Pointer[] }
  /** All of it. */
  | { readonly kind: 'content' };

/** Rules under which equality is that of the JSON values themselves. */
export const NO_RULES: DiffRules = {
  ignore: [],
  only: [],
  tolerances: [],
  renames: [],
  numericStrings: false,
  nullIsMissing: false,
  columns: [],
  timezone: 'UTC',
};

/** Whether the rules leave the value of an event as it is, so that it can be hashed from its bytes. */
export function leavesValues({ ignore, only, renames, numericStrings, nullIsMissing, columns }: DiffRules): boolean {
  return ignore.length + only.length + renames.length + columns.length === 0 && !numericStrings && !nullIsMissing;
}
