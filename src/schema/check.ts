/** Checks events against the catalog it was compiled from. Synchronous and pure; one instance a thread. */
export interface Checker {
  /**
   * What is wrong with a JSON value, undefined when it is valid. At most 1,000 problems of a schema are told, unless the
   * checker was made to tell more or fewer; then a last one, `more_problems`, says how many more there are.
   */
  check(value: unknown, name: string): readonly Problem[] | undefined;
  /** Whether the catalog has a schema for events of this name; true for every name when it has one for all events. */
  knows(name: string): boolean;
}

/** One thing that is wrong with an event. */
export interface Problem {
  /** JSON Pointer to the guilty value, or to where a missing one should be. */
  readonly pointer: string;
  /** The keyword of JSON Schema that is broken, or `unknown_event`, or `more_problems`. */
  readonly rule: string;
  /** A sentence a tired person understands. */
  readonly message: string;
  /**
   * The guilty value as JSON, cut to 200 characters; absent for missing members, `[redacted]` where a schema that
   * applies to it, or to what it is part of, says `x-respool: {redact: true}`.
   */
  readonly value?: string;
  /** The schema's own place of the rule: file and pointer. */
  readonly schemaPath?: string;
}
