import type { EventBatch } from '../../event/batch.js';
import type { KnownMark } from '../../sinks/sink.js';

/** What each sink has already taken, remembered beyond runs. One implementation a place to keep it. */
export interface Ledger extends AsyncDisposable {
  /** Where it is, without secrets. */
  readonly label: string;
  /**
   * Opens what it knows of one sink, to be written by one invocation of a run.
   * @throws RespoolError when it cannot be read.
   */
  openBook(sink: string, writer: Writer): Promise<Book>;
}

/** Who writes: `trace` tells it. */
export interface Writer {
  readonly run: string;
  /** The source without secrets. */
  readonly source: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** The ledger of one sink. Ids are compared exactly, or by a digest of 256 bits where they are long. */
export interface Book {
  /**
   * How each event stands. Ids in one batch must differ, and no other delivery of this process may hold one of them.
   * Only events where `wanted` is 1 are looked at; the others stand as `FREE`.
   */
  look(batch: BookBatch, wanted: Uint8Array): Promise<Uint8Array>;
  /**
   * Notes that the events where `wanted` is 1 are about to be sent, and resolves once that is durable. Another process
   * may have been faster: only those where the answer is 1 may be sent.
   */
  claim(batch: BookBatch, wanted: Uint8Array, how: HowToClaim): Promise<Claim>;
  /** The mark that was noted last, for sinks that have one; undefined when there is none. */
  mark(): Promise<KnownMark | undefined>;
  /** Notes where the sink ends, with nothing under way. */
  setMark(mark: string): Promise<void>;
  /** Forgets everything of this sink: what it had accepted is gone. */
  forget(): Promise<void>;
}

export interface HowToClaim {
  /** Whether those that were taken are claimed too. */
  readonly isForced: boolean;
  /** Whether the sink has a mark, behind which it writes until the claim is settled. */
  readonly hasMark: boolean;
}

/** Events of one stretch of the source. */
export interface BookBatch {
  readonly events: EventBatch;
  readonly part: number;
}

/** Events that this invocation is sending. */
export interface Claim {
  /** 1 where the event is this invocation's to send. */
  readonly isMine: Uint8Array;
  /**
   * Notes what became of them (`FREE`: not taken, `TAKEN`, `UNKNOWN`), and resolves once that is durable.
   * @param mark where the sink ends now, noted with it or not at all.
   */
  settle(states: Uint8Array, mark?: string): Promise<void>;
}

/** Nothing is known of the event: it may be sent. */
export const FREE = 0;
/** It was taken. */
export const TAKEN = 1;
/** It was taken from this very place of the source in this very run: an interrupted invocation had it accepted. */
export const TAKEN_HERE = 2;
/** It was being sent, and nobody has noted an answer. */
export const UNKNOWN = 3;
/** Another living process is sending it. */
export const BUSY = 4;
