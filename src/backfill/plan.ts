import type { Accounts } from '../flow/accounts.js';
import type { PeriodScheme } from '../sinks/postgres/partition-scheme.js';
import type { Partman } from './partman.js';

/** How partitions are filled: into the live one, or into a new one that takes its place. */
export type Method = 'insert' | 'swap';

/** What is held against the source: keys, or whole rows. */
export type Proof = 'keys' | 'rows';

/** What a backfill does, unit by unit: found out once, before anything is written. */
export type BackfillPlan = TableBackfill | DayBackfill;

/** Into the partitions of a table. */
export interface TableBackfill extends PlanFacts {
  readonly method: Method;
  /** What is held against the source before a partition is done; keys where nothing is said. */
  readonly verify?: Proof;
  /** The table with its schema, and what must stay as it is until the run is over. */
  readonly table: { readonly schema: string; readonly name: string; readonly shape: string };
  /** What the server saw as the run began (`pg_current_snapshot`): rows that are younger were written meanwhile. */
  readonly snapshot: string;
  readonly partitions: readonly PlannedPartition[];
  /** How partitions are cut that are made; absent in plans of older versions, and where none can be. */
  readonly scheme?: PeriodScheme;
  /** Present when pg_partman manages the table. */
  readonly partman?: Partman;
}

/** To a service, day by day. */
export interface DayBackfill extends PlanFacts {
  readonly method: 'deliver';
  readonly sink: {
    readonly name: string;
    readonly label: string;
    /** IANA zone whose days are the units. */
    readonly zone: string;
    /** IANA zone of times that name none. */
    readonly timezone: string;
    /** What the events are chosen from and by, but for their time, as a short hash; absent when the source cannot be recognised. */
    readonly selection?: string;
  };
  readonly partitions: readonly PlannedUnit[];
}

/** What every plan holds. */
interface PlanFacts {
  readonly formatVersion: 1;
  readonly run: string;
  /** Fingerprints of the source's parts and of the schema. */
  readonly source: Readonly<Record<string, string>>;
  /** The range of the run, in microseconds since the Unix epoch; the end is exclusive. */
  readonly sinceUs: number | undefined;
  readonly untilUs: number | undefined;
  /** What reading the source came to; the sinks' verdicts are those of the encoder. */
  readonly accounts: Accounts;
  /** Units in the range for which the source has nothing: they are left as they are. */
  readonly untouched: readonly string[];
  /** Parts of the source that could not be read to their end. */
  readonly failures: readonly { readonly part: string; readonly code: string; readonly message: string }[];
  /** Bytes of the quarantine once everything had been read. */
  readonly quarantineBytes: number;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** One unit of a plan: a partition, or a day. It is planned, loaded, verified and tried again as a whole. */
export interface PlannedUnit {
  /** Its place in the plan and in the names of its files. */
  readonly index: number;
  readonly name: string;
  /** Infinite for a table that is not cut by time. */
  readonly fromUs: number;
  readonly toUs: number;
  /** Events of the source that belong into it, the refused ones included. */
  readonly read: number;
  /** Those whose form the target cannot take; they lie in the quarantine. */
  readonly rejected: number;
  /** Rows or events that are ready to be loaded. */
  readonly rows: number;
  /** Those of which the key was there before: in the partition (`insert`), in the ledger, or earlier in the source. */
  readonly expectedDuplicates: number;
  /** Bytes of the rows. */
  readonly bytes: number;
  /** Sum over the keys of all rows, worked out from the source's bytes; undefined where keys have no common hash. */
  readonly checksum: string | undefined;
}

/** One partition of a table. */
export interface PlannedPartition extends PlannedUnit {
  readonly schema: string;
  /** Undefined when it has to be made. */
  readonly oid: string | undefined;
  /** Rows in it when the plan was made. */
  readonly rowsBefore: number;
  /** Rows in the table's DEFAULT partition that belong into it. */
  readonly rowsInDefault: number;
}
