/** Where a part of a log comes from: a value in the event, or a text of one's own. */
export type Origin =
  | { readonly kind: 'pointer'; readonly pointer: readonly string[] }
  | { readonly kind: 'text'; readonly text: string };

/** What the encoder needs to know: plain data, made by the sink and sent to workers. */
export interface DatadogLogsEncoderOptions {
  /** Reserved attributes that are chosen; what is not chosen is taken from the event's member of that name. */
  readonly chosen: Readonly<Partial<Record<ChosenAttribute, Origin>>>;
  /** Tags that every log gets, ready to be joined. */
  readonly tags: readonly string[];
  readonly tagPointers: readonly { readonly name: string; readonly pointer: readonly string[] }[];
  /** Attributes that the user maps, by name. */
  readonly mapped: readonly { readonly name: string; readonly pointer: readonly string[] }[];
  /** Whether the event's own members become attributes. */
  readonly keepsMembers: boolean;
  /** The time's top-level member; undefined when it lies deeper or was not found. */
  readonly timeKey: string | undefined;
  /** What becomes of a log beyond Datadog's limits. */
  readonly oversize: 'cut' | 'reject';
}

export type ChosenAttribute = 'message' | 'service' | 'ddsource' | 'status' | 'hostname';

/** Names of remarks that the encoder counts. */
export type DatadogLogsRemark =
  /** Parts were left out so that the rest fits. */
  | 'cut'
  /** Longer than what Datadog keeps whole in its index. */
  | 'long-for-index'
  /** A name that Datadog gives a meaning of its own; the value goes under another. */
  | 'renamed';
