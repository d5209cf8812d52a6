/** What `respool validate` found, as plain data. Fields are added, never renamed. */
export interface ValidateReport {
  readonly reportVersion: 1;
  readonly command: 'validate';
  /** Everything could be read and checked to its end. */
  readonly complete: boolean;
  readonly exitCode: number;
  /** Files (or other parts of the source) that were looked at. */
  readonly files: number;
  /** Events that were checked, the undecodable ones included. */
  readonly events: number;
  readonly valid: number;
  readonly invalid: number;
  readonly undecodable: number;
  /** Invalid and undecodable fixtures that should be just that; absent when there are none. */
  readonly expectedInvalid?: number;
  /** The first problems in the order of the source, at most `--max-problems`. */
  readonly problems: readonly ValidateProblem[];
  /** All problems, told or not. */
  readonly problemCount: number;
  /** Problems by rule and place, most frequent first. */
  readonly groups: readonly ProblemGroup[];
  /** Events by name, most frequent first. */
  readonly names: readonly ValidateNameCount[];
  /** What is wrong beside single events: thresholds, the catalogue, the table, evolution. Each makes the exit code 1. */
  readonly findings: readonly Finding[];
  /** Parts of the source that could not be read to their end. */
  readonly failures?: readonly {
    readonly part: string;
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
  }[];
  readonly warnings?: readonly string[];
  readonly notes?: readonly string[];
  /** Invalid events by the day of their time; absent when there are none, or no time is known. */
  readonly days?: readonly ValidateDayCount[];
  /** With `--mutate`: spoilt copies of valid events that the schema accepts. */
  readonly mutants?: readonly SurvivingMutant[];
  readonly elapsedMs: number;
}

/** Copies of valid events that were spoilt at one place, and that the schema lets through. */
export interface SurvivingMutant {
  /** Name of the events; empty when they have none. */
  readonly name: string;
  /** JSON Pointer in which `*` stands for every index of an array. */
  readonly pointer: string;
  readonly mutation: 'drop' | 'null' | 'retype';
  readonly count: number;
}

/** One thing that is wrong with one event. */
export interface ValidateProblem {
  /** Path of the file as the user would type it. */
  readonly source: string;
  /** Line or row, from 1. */
  readonly line: number;
  /** Name of the event; absent when it has none. */
  readonly name?: string;
  /** Id of the event; absent when it has none. */
  readonly event?: string;
  /** JSON Pointer to the guilty value, or to where a missing one should be; empty for the event as a whole. */
  readonly pointer: string;
  /** The keyword of JSON Schema that is broken, or the code of what could not be decoded. */
  readonly rule: string;
  readonly message: string;
  /** The guilty value as JSON, cut; absent when there is none or when the schema says `x-respool: {redact: true}`. */
  readonly value?: string;
  /** File and pointer of the rule in the schema. */
  readonly schemaPath?: string;
}

/** Problems of one rule at one place. */
export interface ProblemGroup {
  readonly rule: string;
  /** JSON Pointer in which `*` stands for every index of an array. */
  readonly pointer: string;
  readonly count: number;
  readonly message: string;
  /** The first one: `dump.ndjson:17`. */
  readonly example: string;
}

export interface ValidateDayCount {
  /** In UTC, `2024-01-31`; absent for events without a usable time. */
  readonly day?: string;
  readonly invalid: number;
}

export interface ValidateNameCount {
  readonly name: string;
  readonly events: number;
  readonly invalid: number;
}

/** Something that is wrong beside single events. */
export interface Finding {
  /** Stable and short: `too_many_invalid`, `partition_key_optional`, `schema_breaking`. */
  readonly code: string;
  /** A sentence a tired person understands. */
  readonly message: string;
  /** File it is about, as the user would type it. */
  readonly source?: string;
  /** JSON Pointer into that file, or into the events it is about. */
  readonly pointer?: string;
  /** Name of the events it is about. */
  readonly name?: string;
  /** An event that shows it, as JSON. */
  readonly witness?: string;
}
