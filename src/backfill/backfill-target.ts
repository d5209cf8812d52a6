import type { Accounts } from '../flow/accounts.js';
import type { PreparedItem } from '../flow/prepare/in-order.js';
import type { EncoderRefusal, Sink } from '../sinks/sink.js';
import type { PartFailure } from '../sources/source.js';
import type { Undertaking } from './context.js';
import type { BackfillPlan, PlannedUnit } from './plan.js';
import type { Spill } from './slices/spill.js';
import type { PartitionProgress } from './states.js';
import type { Busy, LoadLimits } from './target-load.js';

/** Where a backfill goes: a table that is cut into partitions, or a service that is filled day by day. */
export interface Target {
  /** Its name and label stand in every report; its encoder refuses what the target can never take. */
  readonly sink: Sink;
  /** Refuses, before anything is read, what cannot be done. @throws RespoolError with what the user does next. */
  check(signal: AbortSignal): Promise<void>;
  /** Opens a look at how busy the target is; undefined when nothing is to be looked at. */
  watch(limits: LoadLimits, signal: AbortSignal): Promise<(() => Promise<Busy>) | undefined>;
  /** Holds the range against other backfills while `body` works. @throws IncompleteError when another one has it. */
  hold<T>(run: string, body: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Opens the sorting of what is read. @param slices the folder in which the slices will lie. */
  openCut(slices: string, signal: AbortSignal): Promise<Cut>;
  /** Opens what carries a plan out. It ends with what it was opened from. */
  openHands(work: Undertaking, plan: BackfillPlan): Promise<Hands>;
}

/** A source that is being cut into units: opened in front of its first event, asked for the plan behind its last. */
export interface Cut {
  /** Whether nothing of a batch is looked at again once all that was added of it has been written. */
  readonly keepsNothing?: true;
  /** Events that belong into no unit, beside those that the encoder refused. */
  refuse?(item: PreparedItem): readonly EncoderRefusal[];
  /** Adds a batch to the slices of its units. @param refused whom the encoder and `refuse` have refused. */
  add(item: PreparedItem, refused: readonly EncoderRefusal[], spill: Spill): void;
  /** What would be done, unit by unit. Writes nothing at the target. */
  plan(read: SourceRead): Promise<Omit<BackfillPlan, 'quarantineBytes'>>;
}

/** A source that has been read to its end. */
export interface SourceRead {
  readonly run: string;
  readonly accounts: Accounts;
  readonly failures: readonly PartFailure[];
  readonly parts: readonly { readonly label: string }[];
  /** Fingerprints of the parts, and what else must stay as it is. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly sinceUs: number | undefined;
  readonly untilUs: number | undefined;
  readonly warnings: readonly string[];
}

/** What carries a plan out, unit by unit; several may be in hand at once. */
export interface Hands {
  /**
   * Brings a unit from where it stands to its end, and writes each state down before it goes on. Resolves with the unit
   * short of its end where only time helps: the evidence says what is waited for.
   * @throws IncompleteError, or another error for which `stopsAll` is true, when no unit can go on; every other error
   * is this unit's own failure.
   */
  fill(unit: PlannedUnit): Promise<void>;
  /** Looks again, whenever one likes, whether the target holds what the source has. */
  verify(unit: PlannedUnit): Promise<Look>;
}

/** What a look at a unit found. */
export interface Look {
  readonly change: Partial<PartitionProgress>;
  /** 0 all is there, 1 something is missing, 2 it could not be counted, 4 it cannot be told yet. */
  readonly exitCode: number;
  /** Whether the change is to be written down: the unit has come to its end with it. */
  readonly isEnd?: boolean;
}
