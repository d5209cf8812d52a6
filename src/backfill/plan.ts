import type { Accounts } from '../flow/accounts.js';
import type { Partman } from './partman.js';

/** How partitions are filled: into the live one, or into a new one that takes its place. */
export type Method = 'insert' | 'swap';

/** What a backfill does, partition by partition: found out once, before anything is written. */
export interface BackfillPlan {
  readonly formatVersion: 1;
  readonly run: string;
  readonly method: Method;
  /** The table with its schema, and what must stay as it is until the run is over. */
  readonly table: { readonly schema: string; readonly name: string; readonly shape: string };
  /** Fingerprints of the source's parts and of the schema. */
  readonly source: Readonly<Record<string, string>>;
  /** The range of the run, in microseconds since the Unix epoch; the end is exclusive. */
  readonly sinceUs: number | undefined;
  readonly untilUs: number | undefined;
  /** What the server saw as the run began (`pg_current_snapshot`): rows that are younger were written meanwhile. */
  readonly snapshot: string;
  /** What reading the source came to; the sinks' verdicts are those of the encoder. */
  readonly accounts: Accounts;
  readonly partitions: readonly PlannedPartition[];
  /** Partitions in the range for which the source has nothing: they are left as they are. */
  readonly untouched: readonly string[];
  /** Parts of the source that could not be read to their end. */
  readonly failures: readonly { readonly part: string; readonly code: string; readonly message: string }[];
  /** Bytes of the quarantine once everything had been read. */
  readonly quarantineBytes: number;
  /** Present when pg_partman manages the table. */
  readonly partman?: Partman;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** One partition of a plan. */
export interface PlannedPartition {
  /** Its place in the plan and in the names of its files. */
  readonly index: number;
  readonly schema: string;
  readonly name: string;
  /** Infinite for a table that is not cut by time. */
  readonly fromUs: number;
  readonly toUs: number;
  /** Undefined when it has to be made. */
  readonly oid: string | undefined;
  /** Rows in it when the plan was made. */
  readonly rowsBefore: number;
  /** Rows in the table's DEFAULT partition that belong into it. */
  readonly rowsInDefault: number;
  /** Events of the source that belong into it, the refused ones included. */
  readonly read: number;
  /** Those whose form the table cannot take; they lie in the quarantine. */
  readonly rejected: number;
  /** Rows that are ready to be loaded. */
  readonly rows: number;
  /** Rows of which the key was there before: in the partition (`insert`), or in an earlier row of the same batch. */
  readonly expectedDuplicates: number;
  /** Bytes of the rows. */
  readonly bytes: number;
  /** Sum over the keys of all rows, worked out from the source's bytes; undefined where keys have no common hash. */
  readonly checksum: string | undefined;
}
