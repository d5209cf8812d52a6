import type { DecodedRecord } from '../event/event.js';
import type { CsvRows } from '../event/rows/csv-rows.js';
import type { RowShape } from '../event/rows/row-shape.js';
import type { ComparableTable } from './comparable.js';
import type { PackedFacts } from './letter-batch.js';

/** Where events come from. One implementation a kind; opening, unwrapping and checking are written once, outside it. */
export interface Source extends AsyncDisposable {
  /** Stable and without secrets; the same input gives the same label. */
  readonly label: string;
  /** The parts in the order in which they are read: files, objects, or the one queue. */
  readonly parts: readonly SourcePart[];
  /** Turns this source's raw batches into records, off the main thread. */
  readonly decoder: DecoderReference;
  /** Sentences for the user about how the input is read. */
  readonly notes?: readonly string[];
  /** The table behind the source, which tells checksums of its rows; absent for everything else. */
  readonly table?: ComparableTable;
  /** Columns of a table whose rows are the events; absent where events are JSON texts of their own. */
  readonly columns?: readonly SourceColumnPlace[];
  /**
   * What settling means. `positions` (the default): stretches that are done are not read again. `messages`: each line
   * is a message that is acknowledged for itself; every batch is settled, also one that a sink did not take whole, and
   * nothing is remembered between invocations but what the far side remembers.
   */
  readonly settles?: 'positions' | 'messages';
  /** What was in the queue when it was opened; absent for dumps. */
  readonly standing?: SourceStanding;
  /** How the source stands now; absent for dumps. */
  tally?(): SourceTally;
  /**
   * Cuts the source into slices that other processes can read by themselves, in its own order.
   * Absent where only one process can read it.
   * @param bytes most stored bytes of a slice; what cannot be cut may be larger.
   */
  slices?(bytes: number, signal: AbortSignal): Promise<readonly SourceSlice[]>;
  /**
   * Yields records in the source's own order. A part that cannot be read on is yielded as a failure, and the next
   * part is begun: one broken file never hides the others.
   * @param done stretches that an earlier invocation has settled: they are not yielded again.
   */
  batches(done: readonly DoneStretch[], signal: AbortSignal): AsyncIterable<RawBatch | PartFailure>;
  /**
   * The same from the beginning, with what can be had without a wait in one handful: of thousands of small files each wait
   * would cost more than the file. Absent where batches come one by one.
   */
  handfuls?(signal: AbortSignal): AsyncIterable<Handful>;
}

/** What follows one another in the order of the source and was at hand together. */
export type Handful = readonly (RawBatch | PartFailure)[];

/** What a column of a table holds, whatever its rows look like as JSON. */
export type ColumnType = 'instant' | 'uuid' | 'number' | 'boolean' | 'text' | 'json';

/** Where a column of a table stands in the events that its rows are. */
export interface SourceColumnPlace {
  /** JSON Pointer. */
  readonly pointer: string;
  readonly type: ColumnType;
}

/** What is in a queue, by the queue's own counts, which may be approximate. Times are milliseconds since the Unix epoch. */
export interface SourceStanding {
  readonly ready?: number;
  readonly inFlight?: number;
  readonly delayed?: number;
  readonly oldestMs?: number;
  /** When the service itself removes the first message. */
  readonly firstExpiresMs?: number;
}

/** Messages of a queue, counted by the source itself. */
export interface SourceTally {
  /** Removed from the queue, confirmed by the server. */
  readonly acked: number;
  /** Received and left in the queue, or given back to it. */
  readonly left: number;
  /** Of those left, how many every sink has taken: their removal was refused or not confirmed. */
  readonly comesBack: number;
  /** Messages that somebody else holds at the end; absent when there are none. */
  readonly elsewhere?: number;
  /** Why messages could not be removed and never will be, where that is so. */
  readonly failure?: Error;
  /** What a user should know about some of them, with counts: lost leases, deletes that failed. */
  readonly notes: readonly string[];
}

/** Names the module of a decoder and what it needs to know, as plain data that a worker can receive. */
export interface DecoderReference {
  /** URL of a module that exports `createDecoder(options): Decoder`. */
  readonly module: string;
  readonly options: unknown;
}

/** Pure and synchronous: finds the records in a raw batch. One instance a worker. */
export interface Decoder {
  /**
   * Calls `emit` for each record in order and `fail` for what cannot be decoded; returns the number of lines or rows.
   * The record handed to `emit` may be one reused object. The spans of all records of a batch hold in the `text` of
   * the last one. Where `takeRow` is given, rows of cells are offered to it first, and positions in them hold as well.
   */
  decode(
    batch: Pick<RawBatch, 'format' | 'bytes' | 'spans' | 'spanLines'>,
    emit: (record: SourceRecord) => void,
    fail: (problem: RecordProblem) => void,
    takeRow?: TakeRow,
  ): number;
  /** How the rows of a format are read; undefined for formats whose records are no rows of cells. */
  rowsOf?(format: RecordFormat): RowShape | undefined;
}

/**
 * Offers the row of `text` that `rows` holds before its event is written down: with true it has been taken, with false
 * it is emitted as a record.
 */
export type TakeRow = (rows: CsvRows, text: Uint8Array, line: number) => boolean;

/** A record, and what its queue says of the letter whose body it is. */
export interface SourceRecord extends DecodedRecord {
  readonly letter?: PackedFacts | undefined;
}

export interface SourcePart {
  /** Path, URL or queue name, without secrets, as the user would type it. */
  readonly label: string;
  /** Size in bytes as stored; undefined when it cannot be known (stdin, a queue). */
  readonly bytes: number | undefined;
  /** Changes when the content changes; undefined when it cannot be told without consuming it. */
  fingerprint(): Promise<string | undefined>;
}

/** A piece of a source that one worker takes, as plain data without secrets. */
export interface SourceSlice {
  readonly parts: readonly SlicePart[];
}

/** A part of a source, or a stretch of one, with all that another machine needs to read it. */
export interface SlicePart {
  readonly label: string;
  /** Where it lies, whatever the working folder: an absolute path or a URL. */
  readonly address: string;
  /** Size of the whole part as stored. */
  readonly bytes: number;
  readonly fingerprint: string;
  /** The stretch, in decoded bytes, that begins and ends where records do; absent for all of it. */
  readonly stretch?: { readonly from: number; readonly to: number };
}

/** A stretch of one part, in decoded bytes (rows for Parquet), and how many lines or rows it holds. */
export interface DoneStretch {
  readonly part: number;
  readonly from: number;
  readonly to: number;
  readonly lines: number;
}

/** How the records of a batch are written. Plain data: it travels to a worker. */
export type RecordFormat =
  /** One JSON text a line. */
  | { readonly kind: 'ndjson' }
  /** Rows of a raw export of Mixpanel, one a line. */
  | { readonly kind: 'mixpanel-export' }
  /** JSON texts whose bounds are in `spans`. */
  | { readonly kind: 'json' }
  /** Bodies of letters whose bounds are in `spans`; `facts` is what their queue says of them (letter-batch.ts). */
  | { readonly kind: 'letters'; readonly facts: string }
  /** Rows of delimiter-separated text. */
  | {
      readonly kind: 'csv';
      readonly columns: readonly string[];
      readonly delimiter: string;
      readonly quote: string | null;
      /** What stands in front of the first row of this batch: the header of the file. */
      readonly header?: { readonly bytes: number; readonly lines: number };
    };

/** Consecutive records of one part, not decoded yet. */
export interface RawBatch {
  readonly kind: 'batch';
  readonly part: number;
  readonly format: RecordFormat;
  /** Position of the first byte in the decoded part (rows for Parquet). */
  readonly from: number;
  /** Position behind the last byte: the `from` of the next batch. */
  readonly to: number;
  /** Whole records only. The receiver owns the buffer. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Start and end of each record in `bytes`, for formats whose bounds the reader has to find. */
  readonly spans?: Uint32Array<ArrayBuffer>;
  /** Line or row of each span, from 0 in this batch; goes with `spans`. */
  readonly spanLines?: Uint32Array<ArrayBuffer>;
  /** Lines or rows in this batch when the reader counted them; otherwise whoever decodes it counts. */
  readonly lines?: number;
  /** Stretches that are no record: over-long lines, broken JSON between whole texts. */
  readonly undecodable: readonly RecordProblem[];
  /** True when the part holds one record and nothing else. */
  readonly isLone?: boolean;
  /** Share of the part's stored bytes that has been read, for progress. */
  readonly storedBytes: number;
  /** Called once every event of the batch has a durable verdict in every sink, where settling means `messages`. */
  settle(outcome: BatchOutcome): Promise<void>;
}

/** A record, or what stands in its place, that cannot be decoded. */
export interface RecordProblem {
  /** Stable and short: `invalid_json`, `invalid_utf8`, `lone_surrogate`, `line_too_long`, `ragged_row`. */
  readonly code: string;
  readonly message: string;
  /** Bytes from the start of the batch. */
  readonly offset: number;
  /** Line or row from the start of the batch, from 0. */
  readonly line: number;
  /** The bytes themselves, cut to 64 KiB. */
  readonly raw?: Uint8Array;
}

/** What became of the lines, rows or messages of a batch; those in neither list were left where they are. */
export interface BatchOutcome {
  /** Every event of the line was accepted by every sink, or was there already. */
  readonly takenLines: readonly number[];
  /** At least one event lies in the quarantine, on disk, with its reason; the others were taken by every sink. */
  readonly quarantinedLines: readonly number[];
}

/** A part that could not be read to its end. What was whole has been yielded before it. */
export interface PartFailure {
  readonly kind: 'failure';
  readonly part: number;
  /** `SourceError` with code, message and hint. */
  readonly error: Error;
}
