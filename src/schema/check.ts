/** Checks events against the catalog it was compiled from. Synchronous and pure; one instance a thread. */
export interface Checker {
  /** What is wrong with an event, undefined when it is valid. At most 100 problems are told. */
  check(value: unknown, name: string): readonly Problem[] | undefined;
  /** Whether the catalog has a schema for events of this name; true for every name when it has one for all events. */
  knows(name: string): boolean;
}

/** One thing that is wrong with an event. */
export interface Problem {
  /** JSON Pointer to the guilty value, or to where a missing one should be. */
  readonly pointer: string;
  /** The keyword of JSON Schema that is broken, or `unknown_event`. */
  readonly rule: string;
  /** A sentence a tired person understands. */
  readonly message: string;
  /** The schema's own place of the rule: file and pointer. */
  readonly schemaPath?: string;
}
