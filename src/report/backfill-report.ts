import type { ReplayReport } from './report.js';

/** What a backfill did, as plain data. Fields are added, never renamed. */
export interface BackfillReport extends ReplayReport {
  readonly command: 'backfill';
  readonly method: string;
  /** The table, with its schema. */
  readonly table: string;
  readonly partitions: readonly BackfilledPartition[];
  /** Partitions in the range for which the source has nothing: they were left as they are. */
  readonly untouched: readonly string[];
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
  /** Rows in it before the run; absent when the run made it. */
  readonly rowsBefore?: number;
  readonly carriedOver?: number;
  readonly lockedMs?: number;
  /** What was found when it was verified. */
  readonly evidence?: string;
  readonly old?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly seconds?: number;
}
