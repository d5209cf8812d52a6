import type { Span } from '../event/locate.js';
import type { ObjectScan } from '../event/scan.js';

/** What one transport wrapped around an event, and what it says of it. */
export interface Layer {
  /** Name of the family: `sns`, `lambda-failure`. */
  readonly kind: string;
  readonly id?: string;
  /** Where the letter came from: a queue, a topic, a function, a stream. */
  readonly queue?: string;
  /** What the transport calls it: a job's class, a detail type. */
  readonly name?: string;
  /** RFC 3339, or a number as the transport writes it. */
  readonly time?: string | number;
  /** Why it was not taken. */
  readonly error?: { readonly class?: string; readonly message?: string; readonly pointer?: string };
  /** How often it has been tried. */
  readonly deliveries?: number;
}

/** What an envelope gives to an event that does not have it itself. */
export interface Given {
  readonly id?: string;
  readonly name?: string;
  readonly time?: string | number;
  /** Whether `id` is the event's own id and not that of a message around it. */
  readonly isEventId?: boolean;
}

/** Where in an envelope something lies that may be an event, another envelope, or the text of one. */
export type Content =
  /** The JSON value at a pointer; a string is read as the JSON text that it holds. */
  | { readonly kind: 'value'; readonly at: readonly string[] }
  /** Each element of the array at a pointer. */
  | { readonly kind: 'each'; readonly at: readonly string[] }
  /** Base64 in the string at a pointer, perhaps of gzip. */
  | { readonly kind: 'base64'; readonly at: readonly string[] }
  /** JSON text that stands nowhere in the envelope. */
  | { readonly kind: 'text'; readonly text: string }
  /** Nothing that could be replayed: it is held, and the message says what to do about it. */
  | { readonly kind: 'hold'; readonly code: string; readonly message: string };

/** One opened layer. */
export interface Opened {
  /** Undefined for a mere list of envelopes, which says nothing of its own and is no layer. */
  readonly layer?: Layer;
  /** Layers of an earlier run, outermost first. */
  readonly earlier?: readonly Layer[];
  readonly given?: Given;
  /** How often the content had been tried before; only our own quarantine knows. */
  readonly attempts?: number;
  readonly contents: readonly Content[];
}

/** Recognises envelopes. Pure and synchronous; one instance a worker. */
export interface Unwrapper {
  /** How many layers may lie around an event. */
  readonly mostLayers: number;
  /** Whether an object with these members may be an envelope: cheap, and asked for every event. */
  suspects(text: Uint8Array, scan: ObjectScan): boolean;
  /**
   * Opens the outermost layer of a parsed value; undefined when it is no envelope.
   * @param depth layers that lie around it.
   */
  open(value: unknown, raw: RawValue, depth: number): Opened | undefined;
  /** Opens text that is no JSON: base64. */
  openText(text: Uint8Array): Uint8Array | undefined;
}

/** Where a value stands as text. */
export interface RawValue extends Span {
  readonly text: Uint8Array;
}

/** Names the module of an unwrapper and what it needs to know, as plain data that a worker can receive. */
export interface UnwrapperReference {
  /** URL of a module that exports `createUnwrapper(options): Unwrapper`. */
  readonly module: string;
  readonly options: UnwrapOptions;
}

export interface UnwrapOptions {
  /** Names of families; every family when absent. */
  readonly families?: readonly string[];
}

/** The unwrapper for the families that are wanted. */
export function unwrapperReference(options: UnwrapOptions): UnwrapperReference {
  return { module: new URL('./envelope/unwrap.js', import.meta.url).href, options };
}
