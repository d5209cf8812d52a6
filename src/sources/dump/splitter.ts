import type { RecordFormat, RecordProblem } from '../source.js';

/**
 * What follows the bytes at hand: more of them (`open`), nothing (`end`), or a stretch that is settled already
 * (`settled`), which begins where a record begins.
 */
export type Following = 'open' | 'end' | 'settled';

/** Finds whole records at the start of decoded bytes. One instance a part; it may remember what it has passed. */
export interface Splitter {
  readonly format: RecordFormat;
  /** How many bytes make about as many records as a batch should hold. */
  aim(bytes: Uint8Array): number;
  /** Returns undefined when the first record does not end in `bytes`. Never so when `following` is not `open`. */
  split(bytes: Uint8Array, following: Following): Cut | undefined;
  /**
   * Tells the splitter that the next bytes do not follow the last cut: they begin a `record` behind settled ones, or a
   * `line` somewhere in or behind a record that was too long.
   */
  jump(to: 'record' | 'line'): void;
}

/** Whole records: `bytes[0, end)`. */
export interface Cut {
  readonly end: number;
  readonly spans?: Uint32Array<ArrayBuffer>;
  readonly spanLines?: Uint32Array<ArrayBuffer>;
  readonly lines?: number;
  /** The format of this batch alone, where it differs from that of the part. */
  readonly format?: RecordFormat;
  readonly problems: readonly RecordProblem[];
}

/** Bytes of a record that go into its problem, at most. */
export const problemRawBytes = 64 * 1024;
