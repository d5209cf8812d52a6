import type { FieldUsed, NameCount, ProblemCount } from './report.js';

/** What a run would do, as plain data (`--dry-run`). Fields are added, never renamed. */
export interface Plan {
  readonly planVersion: 1;
  readonly command: string;
  readonly exitCode: number;
  readonly files: readonly PlannedFile[];
  /** Events after unwrapping and splitting, the undecodable ones included. */
  readonly read: number;
  readonly undecodable: number;
  readonly filtered: number;
  readonly invalid: number;
  /** Events that repairs would change, make beside them, and leave out; absent without repairs. */
  readonly repaired?: number;
  readonly added?: number;
  readonly dropped?: number;
  /** What each rule would do, most frequent first. */
  readonly repairs?: readonly PlannedRepair[];
  /** Events that would be handed to the sinks; each may refuse some. */
  readonly deliverable: number;
  readonly fields: readonly FieldUsed[];
  /** Every name, most frequent first. */
  readonly names: readonly NameCount[];
  /** Every UTC day that has events, in order. */
  readonly days: readonly DayCount[];
  readonly sinks: readonly PlannedSink[];
  /** What would be refused and why, most frequent first. */
  readonly problems: readonly ProblemCount[];
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
  readonly elapsedMs: number;
}

/** What one rule would do. */
export interface PlannedRepair {
  readonly rule: string;
  readonly events: number;
  /** The first ones, as they are and as they would be; an empty `after` is an event that would be left out. */
  readonly examples: readonly RepairExample[];
}

export interface RepairExample {
  /** `dump.ndjson:17` */
  readonly at: string;
  readonly id: string;
  readonly before: string;
  readonly after: readonly string[];
}

export interface PlannedFile {
  readonly path: string;
  /** Absent when it cannot be known before reading. */
  readonly format?: string;
  readonly compression?: string;
  readonly bytes?: number;
  readonly events?: number;
}

export interface DayCount {
  /** `2019-07-01` */
  readonly day: string;
  readonly events: number;
}

export interface PlannedSink {
  readonly name: string;
  readonly label: string;
  /** Partitions that the run would make, in order. */
  readonly partitions: readonly string[];
  /** Events that this sink would refuse without asking its service. */
  readonly refused: number;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}
