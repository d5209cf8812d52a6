import type { EventBatch } from '../event/batch.js';
import type { DecodedRecord, EventCursor } from '../event/event.js';
import type { CsvRows } from '../event/rows/csv-rows.js';
import type { RowShape } from '../event/rows/row-shape.js';

export { SinkUnavailableError } from '../errors.js';

/** Where events go. One implementation a service; retry, rate, breaker and ledger are wrapped around it. */
export interface Sink extends AsyncDisposable {
  /** Stable and without secrets: it keys the ledger and stands in every report. */
  readonly label: string;
  /** Short name in tables and reports: `postgres`, `mixpanel`. */
  readonly name: string;
  /** Why only one process on one machine can write to it, in words; absent where any number can. */
  readonly alone?: string;
  /** What a second delivery of the same event does on the far side. */
  readonly onRepeat: 'ignored' | 'overwritten' | 'duplicated';
  readonly limits: SinkLimits;
  /** The half of the sink that runs beside the parser, off the main thread; absent when the event's text is enough. */
  readonly encoder?: EncoderReference;
  /**
   * Whether the next events had better be encoded by their keys alone, because nearly all of the last ones were there
   * already: what turns out to be new is asked for with `Delivery.encode`. Absent where every event is encoded whole.
   */
  prefersKeys?(): boolean;
  /** What the sink would do and has found out, in words for `--dry-run` and the start of a run. */
  describe(): SinkDescription;
  /**
   * Delivers up to `limits.maxEvents` events and resolves to one verdict for each, in the same order.
   * @throws SinkUnavailableError when nothing is known of any event: deliver the same batch again. A sink whose
   * `onRepeat` is not `ignored` throws it only when certainly nothing was sent; what may have arrived is `unknown`.
   */
  deliver(delivery: Delivery, signal: AbortSignal): Promise<readonly Verdict[]>;
  /**
   * Finds out what delivering these events would do, without touching anything; `describe()` tells it afterwards.
   * Returns the events that would certainly not be taken beside those that the encoder refused, or nothing.
   * Absent where there is nothing to foresee.
   */
  preview?(delivery: Delivery): readonly ForeseenVerdict[] | undefined;
  /**
   * Present in sinks that send only once they have seen every event: what `deliver` answers holds once this has
   * resolved, and until then nothing is settled. It is called once, behind the last delivery of a run whose source has
   * been read to its end; a run that does not get there begins anew.
   * @throws SinkUnavailableError when not all has been taken: nothing that was gathered counts as delivered.
   */
  finish?(signal: AbortSignal): Promise<void>;
  /**
   * Where the far side ends, for sinks that can be put back there. The ledger keeps it together with the events that
   * were accepted, so that what was written behind it before a crash is taken away instead of being sent twice.
   */
  readonly mark?: Mark;
  /**
   * What became of a delivery that announced `token` through `onCommitting` before the process died.
   * Absent where the far side cannot be asked.
   */
  recall?(token: string, signal: AbortSignal): Promise<'committed' | 'aborted' | 'unknown'>;
  /**
   * Which events of these ids the far side holds, to settle what became of deliveries without an answer. An id that is
   * found was taken. One that is not found may be there all the same: searches lag behind and leave things out.
   * Absent where the far side cannot be asked, or no key for asking was given.
   * @param within times of the events to look at, in milliseconds since the Unix epoch; both are inclusive.
   * @throws SinkUnavailableError when it cannot be asked now.
   */
  find?(ids: readonly string[], within: TimeWindow, signal: AbortSignal): Promise<ReadonlySet<string>>;
}

export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What would become of one event. */
export interface ForeseenVerdict {
  readonly index: number;
  readonly verdict: Verdict;
}

/** The end of what a sink has written, as a text that only the sink understands. */
export interface Mark {
  /** Behind the last delivery that has been answered. */
  now(): string;
  /**
   * Finds the end of what was written before, or the beginning when `known` is undefined. Called once, before the first
   * delivery.
   * @returns false when what was written is gone: then nothing of what was accepted is there any more.
   */
  restore(known: KnownMark | undefined): Promise<boolean>;
}

export interface KnownMark {
  /** As `now` gave it. */
  readonly text: string;
  /** Whether a delivery was being written when the process died: what stands behind the mark is a part of it. */
  readonly wasInterrupted: boolean;
}

export interface SinkLimits {
  readonly maxEvents: number;
  /** Bytes of event text in one delivery. */
  readonly maxBytes: number;
  /** Deliveries that may be under way at once. */
  readonly concurrency: number;
}

export interface SinkDescription {
  /** Sentences, most important first. */
  readonly notes: readonly string[];
  /** Things a user should know before it starts. */
  readonly warnings: readonly string[];
  /** Partitions that the events seen by `preview` need and that are missing, oldest first. */
  readonly partitions?: readonly string[];
}

export interface Delivery {
  readonly events: EventBatch;
  /** Number of the source's part that the events come from; absent means 0. */
  readonly part?: number;
  /** What the sink's encoder made of these events, undefined when the sink has none. */
  readonly encoded: unknown;
  /** Whether that and `refused` come of the encoder of keys. */
  readonly isOfKeys?: boolean;
  /** Encodes some of the events, which are given by their indexes, once more. Absent where nobody can. */
  readonly encode?: (what: 'whole' | 'keys', events: Iterable<number>) => Promise<EncodedAgain>;
  /** Events that the encoder refused: they are in `events`, not in `encoded`, and keep this verdict. */
  readonly refused: readonly EncoderRefusal[];
  /**
   * One byte for each event: where it is 1, the event must not be sent (the ledger knows its verdict), and the verdict
   * that the sink gives for it is not looked at. Only sinks whose `onRepeat` is not `ignored` receive it.
   */
  readonly skip?: Uint8Array;
  /**
   * One byte for each event: where it is 1, the far side has it from an earlier run. Only sinks that gather receive it:
   * the event belongs to their totals, and is not sent for itself.
   */
  readonly sentBefore?: Uint8Array;
  /**
   * Called before the request that makes the delivery durable, with what the far side can be asked about later and
   * the verdicts that hold if it succeeds. Returns, or resolves, once the note has been written; when it fails, the
   * request must not be made.
   */
  readonly onCommitting?: (token: string, verdicts: readonly Verdict[]) => void | Promise<void>;
  /**
   * Called at the end by a sink that will never look at the events and what was encoded of them again: neither it, nor any
   * connection that still has some of it to send. Without the call they are left alone.
   */
  readonly onLetGo?: () => void;
}

export type Verdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'duplicate' }
  | Rejection
  /** The answer was lost: it may or may not have been taken. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** Held back: it was certainly not sent, and a later run may send it. */
  | { readonly kind: 'unsent'; readonly reason: string };

export interface Rejection {
  readonly kind: 'rejected';
  /** Stable and short: `partition_key_null`, `sqlstate_22003`. */
  readonly code: string;
  /** A sentence a tired person understands. */
  readonly reason: string;
  /** JSON Pointer to the guilty value, where one is known. */
  readonly pointer?: string;
}

/** Names the module of an encoder and what it needs to know, as plain data that a worker can receive. */
export interface EncoderReference {
  /** URL of a module that exports `createEncoder(options): Encoder`. */
  readonly module: string;
  /**
   * URL of a module that exports `createKeyEncoder(options): Encoder`, which takes of each event only what tells whether the
   * far side has it; present in sinks that may prefer keys. It refuses no event that the encoder of whole events takes.
   */
  readonly keyModule?: string;
  readonly options: unknown;
}

/** Pure and synchronous: turns events into what goes over the wire. One instance a worker. */
export interface Encoder {
  /** Takes one event of the batch. A rejection keeps it out of the encoded batch. */
  add(event: EventCursor, index: number): Rejection | undefined;
  /**
   * Takes a record by its bytes alone when a record of these bytes has gone the same way before, and says what event it
   * is: nobody has to parse it. Undefined when it is new; the answer holds until the next call. Absent where every record
   * is read, and not asked where there are other encoders, a schema or repairs.
   */
  recall?(record: DecodedRecord): RecalledEvent | undefined;
  /**
   * Opens the taking of rows by their cells, without the JSON of their events; undefined where some of what it writes does
   * not stand in cells of this shape.
   */
  rows?(shape: RowShape): RowTaker | undefined;
  /**
   * Ends the batch and starts the next one.
   * @param text holds all events of the batch: positions that the cursor gave are positions in it.
   */
  finish(text: Uint8Array): Encoded;
}

/** Takes rows in place of events. */
export interface RowTaker {
  /**
   * Takes the row that `rows` holds, in which nothing is escaped or doubled and whose numbers and booleans are what their
   * columns say, as the event `index` of the batch. With false nothing has been taken: the event has to be added.
   * @param event carries the text in which the cells stand, id, name and time, and nothing of the event's JSON.
   */
  take(rows: CsvRows, event: EventCursor, index: number): boolean;
}

/** What an event was when it was taken before; its id is not asked for again. */
export interface RecalledEvent {
  readonly name: string;
  /** NaN when it has no usable time. */
  readonly timeUs: number;
}

export interface Encoded {
  /** Survives structured cloning. */
  readonly data: unknown;
  /** Buffers in `data` that move instead of being copied. */
  readonly transfer: readonly ArrayBuffer[];
}

export interface EncoderRefusal {
  readonly index: number;
  readonly verdict: Rejection;
}

/** Some of the events of a delivery, encoded once more; `refused` are those of them that the encoder refused. */
export interface EncodedAgain {
  readonly encoded: unknown;
  readonly refused: readonly EncoderRefusal[];
}
