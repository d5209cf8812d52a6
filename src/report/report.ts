/** What a command did, as plain data. Fields are added, never renamed. */
export interface ReplayReport {
  readonly reportVersion: 1;
  readonly command: string;
  readonly run: string;
  /** Every event has a durable verdict in every sink. */
  readonly complete: boolean;
  /** The numbers add up for every sink (see `checkBalance`). */
  readonly balanced: boolean;
  readonly exitCode: number;
  /** Events after unwrapping and splitting, the undecodable ones included. */
  readonly read: number;
  readonly undecodable: number;
  /** Left out by `--since`, `--until`, `--event`, `--where`. */
  readonly filtered: number;
  /** Refused by the schema. */
  readonly invalid: number;
  readonly repaired: number;
  /** Events that repairs made; absent means none. */
  readonly added?: number;
  /** Events that repairs left out; absent means none. */
  readonly dropped?: number;
  readonly sinks: readonly SinkReport[];
  /** The file is there once something has been quarantined; a backfill tells it only then. */
  readonly quarantine?: { readonly path: string; readonly events: number };
  readonly source: SourceReport;
  /** How the slices stand that workers on many machines were given; absent where one process did it all. */
  readonly slices?: SliceCounts;
  readonly elapsedMs: number;
  readonly throughput?: Throughput;
  /** Which field gave id, name, time and user, and why. */
  readonly fields?: readonly FieldUsed[];
  /** Events by name, most frequent first. */
  readonly names?: readonly NameCount[];
  /** Kinds of trouble, most frequent first. */
  readonly problems?: readonly ProblemCount[];
  /** Parts of the source that could not be read to their end. */
  readonly failures?: readonly Failure[];
  /** Sentences the user should act on or know. */
  readonly warnings?: readonly string[];
  /** Sentences worth knowing. */
  readonly notes?: readonly string[];
  /** What to run next, most useful first. */
  readonly next?: readonly NextCommand[];
  /** Why a run that is not complete stopped: `interrupted`, `max_rejected`, `sink_unavailable`. */
  readonly stoppedBy?: { readonly code: string; readonly message: string };
  /** How often this run was taken up again; absent means never. */
  readonly resumed?: number;
}

export interface SinkReport {
  readonly name: string;
  /** The whole address, without secrets. */
  readonly label?: string;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly unknown: number;
  readonly unsent: number;
  /** Order-free checksum over the ids of accepted and duplicate events. */
  readonly checksum?: string;
  /** The same over accepted events alone. */
  readonly acceptedChecksum?: string;
  readonly retries?: number;
}

export interface SourceReport {
  /** Messages of a queue that were removed from it, confirmed by its server. */
  readonly acked: number;
  /** Messages that were received and stay in the queue. */
  readonly left: number;
  /** Messages that somebody else held at the end; absent when there were none. */
  readonly elsewhere?: number;
  /** Messages that were ready at the start, by the queue's own count; absent for dumps. */
  readonly ready?: number;
  readonly label?: string;
  readonly parts?: number;
  readonly bytes?: number;
}

export interface SliceCounts {
  readonly slices: number;
  readonly done: number;
  readonly failed: number;
}

export interface Throughput {
  readonly eventsPerSecond: number;
  readonly bytesPerSecond: number;
}

export interface FieldUsed {
  readonly field: 'id' | 'name' | 'time' | 'user';
  /** JSON Pointer; absent when no field was found. */
  readonly pointer?: string;
  /** `--id`, `well-known name`, `content`. */
  readonly why: string;
}

export interface NameCount {
  readonly name: string;
  readonly events: number;
  /** False when the schema has nothing for this name. */
  readonly isKnown?: boolean;
}

export interface ProblemCount {
  /** Where it was found: `undecodable`, `invalid`, or the name of the sink that rejected. */
  readonly stage: string;
  readonly code: string;
  readonly message: string;
  readonly events: number;
  /** The first one: `dump.ndjson:17`. */
  readonly example?: string;
}

export interface Failure {
  readonly part: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export interface NextCommand {
  readonly command: string;
  readonly why: string;
}
