import type { Delivery, Verdict } from '../sink.js';
import type { EncodedRows, RowGroup } from './encode/encoded-rows.js';
import type { CopyTarget } from './partition-map.js';
import type { TablePlan } from './plan.js';

export const ACCEPTED: Verdict = { kind: 'accepted' };
export const DUPLICATE: Verdict = { kind: 'duplicate' };

/** One delivery on its way into a table. */
export interface Batch {
  readonly plan: TablePlan;
  readonly encoded: EncodedRows;
  /** Whether there are only keys, in the order of their events. */
  readonly isOfKeys: boolean;
  /** Hash of each event's id, as the events have it. */
  readonly idHashes: Uint32Array;
  /** The table itself, quoted. */
  readonly table: string;
  readonly groups: readonly TargetedGroup[];
  /** Where the partition key stands in the key when ids with another one are refused, else undefined. */
  readonly strictAt: number | undefined;
  /** How often an id was seen with another time than that of an event. */
  otherTimes: number;
  /** Whether the keys of the rows have been looked up: those that were there before have their verdict. */
  isSearched: boolean;
  /** One for each event, filled as they become known. */
  readonly verdicts: (Verdict | undefined)[];
}

export interface TargetedGroup {
  readonly group: RowGroup;
  readonly target: CopyTarget;
}

/** Begins the account of a delivery: the refused events have their verdicts already. */
export function openVerdicts({ events, refused }: Delivery): (Verdict | undefined)[] {
  const verdicts = new Array<Verdict | undefined>(events.count).fill(undefined);
  for (const { index, verdict } of refused) verdicts[index] = verdict;
  return verdicts;
}

/** Gives rows their verdict. */
export function judge({ encoded, verdicts }: Batch, rows: ArrayLike<number>, verdict: Verdict): void {
  const { events } = encoded;
  for (let i = 0; i < rows.length; i++) verdicts[events[rows[i] as number] as number] = verdict; // each row has its event
}

/** Whether every event has its verdict. */
export function isComplete(verdicts: readonly (Verdict | undefined)[]): verdicts is readonly Verdict[] {
  return !verdicts.includes(undefined);
}

/** The verdict that a row has so far. */
export function verdictOf({ encoded, verdicts }: Batch, row: number): Verdict | undefined {
  return verdicts[encoded.events[row] ?? 0];
}

/** The numbers from `from` to before `to`. */
export function range(from: number, to: number): Uint32Array {
  const rows = new Uint32Array(Math.max(0, to - from));
  for (let i = 0; i < rows.length; i++) rows[i] = from + i;
  return rows;
}

/** Rows without those of another ascending list. */
export function without(rows: Uint32Array, others: Uint32Array): Uint32Array {
  if (others.length === 0) return rows;
  if (others.length === rows.length) return rows.subarray(0, 0);
  const taken = new Set(others);
  return rows.filter((row) => !taken.has(row));
}
