import type { Given, Layer } from '../event/layer.js';
import type { Span } from '../event/locate.js';
import type { ObjectScan } from '../event/scan.js';
import { loadModule } from '../load-module.js';
import type { LetterFacts } from './letter.js';

/** Where in an envelope something lies that may be an event, another envelope, or the text of one. */
export type Content =
  /** The JSON value at a pointer; a string is read as the JSON text that it holds. */
  | { readonly kind: 'value'; readonly at: readonly string[] }
  /** The JSON text that a string of the envelope holds. */
  | { readonly kind: 'string'; readonly text: string }
  /** The JSON value that stands there; a string is read as the JSON text that it holds. */
  | { readonly kind: 'span'; readonly span: Span }
  /** The value at a pointer, which is the event: no envelope is looked for in it. */
  | { readonly kind: 'event'; readonly at: readonly string[] }
  /** Each element of the array at a pointer. */
  | { readonly kind: 'each'; readonly at: readonly string[] }
  /** Base64 in the string at a pointer, perhaps of gzip. */
  | { readonly kind: 'base64'; readonly at: readonly string[] }
  /** JSON text that stands nowhere in the envelope; of it, the value at a pointer. */
  | { readonly kind: 'text'; readonly text: string; readonly at?: readonly string[] }
  /** Bytes that were no JSON when they were seen last; when they still are none, that is what is wrong with them. */
  | {
      readonly kind: 'bytes';
      readonly bytes: Uint8Array;
      readonly otherwise: { readonly code: string; readonly message: string };
    }
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
  /**
   * Opens a letter by what its queue says of it; without contents its body is what is in it. Absent where letters are
   * not to be opened.
   * @param body gives the body as text.
   */
  readonly openLetter?: ((facts: LetterFacts, body: () => string) => Opened) | undefined;
  /** Opens text that is no JSON: base64. */
  openText(text: Uint8Array): Uint8Array | undefined;
  /** The bytes of base64, inflated when they are gzip. */
  decodeBase64(text: string): Uint8Array;
}

/** Where a value stands as text. */
export interface RawValue extends Span {
  readonly text: Uint8Array;
  /** Finds a member of the object that stands there: leaves the bounds of its value in `rawStart` and `rawEnd`. */
  locate(key: string): boolean;
  readonly rawStart: number;
  readonly rawEnd: number;
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

/** Loads an unwrapper by its module. */
export async function loadUnwrapper({ module, options }: UnwrapperReference): Promise<Unwrapper> {
  const loaded = (await loadModule(module)) as { createUnwrapper(options: UnwrapOptions): Unwrapper }; // as promised
  return loaded.createUnwrapper(options);
}
