/** What the encoder needs to know: plain data, made by the sink and sent to workers. */
export interface MixpanelEncoderOptions {
  /** Mixed into every `$insert_id`, so that Mixpanel takes the events for new ones. */
  readonly idSalt: string | undefined;
  /** Where the parts of the identity stand, outermost token first; undefined where none was found. */
  readonly pointers: {
    readonly id: readonly string[] | undefined;
    readonly name: readonly string[] | undefined;
    readonly time: readonly string[] | undefined;
    readonly user: readonly string[] | undefined;
  };
  /** Properties that the user maps, by name. */
  readonly mapped: readonly { readonly name: string; readonly pointer: readonly string[] }[];
  /** Whether the event's own members become properties. */
  readonly keepsMembers: boolean;
  /** What becomes of nested values beyond what Mixpanel promises to keep: sent as they are, or deeper parts as JSON text. */
  readonly nested: 'keep' | 'text';
}

/** Names of remarks that the encoder counts. */
export type MixpanelRemark =
  /** Has no user, or one that Mixpanel forbids: `distinct_id` is empty. */
  | 'without-user'
  /** A text that Mixpanel cuts at 255 characters. */
  | 'long-texts'
  /** An object or list beyond what Mixpanel keeps. */
  | 'nested-values'
  /** A name that Mixpanel reserves; the value goes under another. */
  | 'renamed'
  /** The id does not fit `$insert_id`; a digest of it does. */
  | 'digested-ids';
