import type { ReplayReport } from './report.js';

/** What a backfill did, as plain data. Fields are added, never renamed. */
export interface BackfillReport extends ReplayReport {
  readonly command: 'backfill';
  readonly method: string;
  /** The table, with its schema; absent when the target is none. */
  readonly table?: string;
  /** The zone whose days are the units; only where the target is a service. */
  readonly days?: string;
  readonly partitions: readonly BackfilledPartition[];
  /** Partitions in the range for which the source has nothing: they were left as they are. */
  readonly untouched: readonly string[];
  /** Only of `status`, and only while a process works on the run. */
  readonly pace?: BackfillPace;
}

/** One partition: read = accepted + duplicate + rejected once it is done. */
export interface BackfilledPartition {
  readonly name: string;
  /** RFC 3339; absent where there is no bound. */
  readonly from?: string;
  readonly to?: string;
  readonly state: string;
  readonly read: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly verified: boolean;
  /** Events of which nobody knows whether they arrived. */
  readonly unknown?: number;
  /** Rows in it before the run; absent when the run made it. */
  readonly rowsBefore?: number;
  /** Rows of the DEFAULT partition that belong into it. */
  readonly rowsInDefault?: number;
  /** What the plan expects. */
  readonly expected: { readonly accepted: number; readonly duplicate: number; readonly rejected: number };
  /** Bytes of its rows as they go to the server. */
  readonly bytes: number;
  readonly carriedOver?: number;
  readonly lockedMs?: number;
  /** What was found when it was verified. */
  readonly evidence?: string;
  readonly old?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly seconds?: number;
  /** Of its rows, from the first step to the last. */
  readonly eventsPerSecond?: number;
}

/** How fast a run goes while a process works on it. */
export interface BackfillPace {
  readonly passed: number;
  readonly total: number;
  readonly eventsPerSecond: number;
  /** Until the last partition is at its end, by the pace so far; absent while nothing moves. */
  readonly leftMs?: number;
  /** Why it waits. */
  readonly waiting?: string;
}
