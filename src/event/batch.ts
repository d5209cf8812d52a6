import type { Layer } from './layer.js';
import { type PackedLayers, unpackLayers } from './packed-layers.js';
import { type PackedStrings, unpackString } from './packed-strings.js';
import type { RowShape } from './rows/row-shape.js';
import { rowText } from './rows/row-text.js';

/** Events in columns: plain data whose buffers move between threads without a copy. All columns have `count` rows. */
export interface EventBatch {
  readonly count: number;
  /**
   * Holds what every event was read from, as UTF-8: that of event `i` is `text[spans[2 * i], spans[2 * i + 1])`. It is the
   * event's JSON, or, where there are `rows` and it begins in front of `rows.end`, a row of them: see `textOf`.
   */
  readonly text: Uint8Array;
  readonly spans: Uint32Array;
  /** How the rows in `text[0, end)` are read; absent when all events stand there as JSON. */
  readonly rows?: { readonly shape: RowShape; readonly end: number };
  readonly ids: PackedStrings;
  /** Hash of each id (see `id-hash.ts`): low word at `2 * i`, high word at `2 * i + 1`. */
  readonly idHashes: Uint32Array;
  readonly nameTable: readonly string[];
  /** Index into `nameTable`. */
  readonly names: Uint32Array;
  /** Microseconds since the Unix epoch; NaN where the event has no usable time. */
  readonly timesUs: Float64Array;
  /** Microseconds that have been cut off from each time; absent when none were. */
  readonly timeRests?: Uint8Array;
  /** Line or row in the source, from 1. */
  readonly lines: Float64Array;
  /** Byte offset of the record in the decoded source, from 0. */
  readonly offsets: Float64Array;
  /** How often each event has been tried before (replays of a quarantine); absent means never. */
  readonly attempts?: Uint16Array;
  /** What lay around each event (see `layersAt`); absent when no event was in an envelope. */
  readonly layers?: PackedLayers;
}

/** The JSON text of event `index`, byte for byte; that of a row is written anew by each call. */
export function textOf({ text, spans, rows }: EventBatch, index: number): Uint8Array {
  const start = spans[2 * index] ?? 0;
  const end = spans[2 * index + 1] ?? 0;
  return rows !== undefined && start < rows.end ? rowText(rows.shape, text, { start, end }) : text.subarray(start, end);
}

/** The id of event `index`. */
export function idOf(batch: EventBatch, index: number): string {
  return unpackString(batch.ids, index);
}

/** What lay around event `index`, outermost first; undefined when it was in no envelope. */
export function layersAt({ layers }: EventBatch, index: number): readonly Layer[] | undefined {
  return layers && unpackLayers(layers, index);
}

/** The name of event `index`, empty when it has none. */
export function nameOf(batch: EventBatch, index: number): string {
  return batch.nameTable[batch.names[index] ?? 0] ?? '';
}
