/**
 * What became of the schemas for one event name. In the terms of schema registries, with *old data* and *new data*
 * being what the schema before and the schema after accept:
 *
 * - *backward compatible*: the new schema accepts all old data. Where it does not, the change breaks `writers`:
 *   producers that have not changed are refused from now on, and so are old events that are replayed.
 * - *forward compatible*: the old schema accepts all new data. Where it does not, the change breaks `readers`: a reader
 *   that relies on the old schema meets events that it promised could not be.
 */
export interface Change {
  /** Name of the event; empty for events that only the schema for all events applies to. */
  readonly name: string;
  /** `breaking` is proved by the witness, `compatible` by comparing; `undecided` is a difference without a witness. */
  readonly verdict: 'compatible' | 'breaking' | 'undecided';
  readonly breaksFor?: readonly ('readers' | 'writers')[];
  /** The keyword of JSON Schema that differs, `event_added`, `event_removed`, `version_added`, `version_removed` or `same`. */
  readonly rule: string;
  /** JSON Pointer into the event. */
  readonly pointer: string;
  /** A sentence a tired person understands. */
  readonly message: string;
  /** JSON of an event that one side accepts and the other refuses. */
  readonly witness?: string;
  readonly acceptedBy?: 'before' | 'after';
}
