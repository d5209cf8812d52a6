import type { EventBatch } from '../../event/batch.js';
import { idOf, layersAt, nameOf, textOf } from '../../event/batch.js';
import { timeText } from '../../event/time-text.js';
import { QUARANTINE_MARK } from '../../sources/marks.js';

/** The events that one batch of the source has for one day: plain data. */
export interface DayFrame {
  readonly part: number;
  /** Where each stood in the source: its line, from 1, and its offset. */
  readonly lines: Float64Array;
  readonly offsets: Float64Array;
  /** Where each ends in `text`. */
  readonly ends: Uint32Array;
  /** The events behind one another. */
  readonly text: Uint8Array<ArrayBuffer>;
}

/** The files of a day among the slices: its events, the hashes of their names on the far side, and those that were sent before. */
export const dayFiles = (index: number) => ({
  events: `${index}.day`,
  ids: `${index}.ids`,
  taken: `${index}.taken`,
});

/**
 * Takes some events of a batch for a day. What an event does not say itself (an id that a letter or a repair gave it, how
 * often it has been tried) is written around it, in the form of our own quarantine.
 */
export function dayFrame(
  { part, events }: { readonly part: number; readonly events: EventBatch },
  chosen: readonly number[],
  isDressed: (index: number) => boolean,
): DayFrame {
  const ends = new Uint32Array(chosen.length);
  const texts: Uint8Array[] = [];
  let length = 0;
  for (const [at, index] of chosen.entries()) {
    const text = isDressed(index) ? dressed(events, index) : textOf(events, index);
    texts.push(text);
    length += text.length;
    ends[at] = length;
  }
  return {
    part,
    lines: Float64Array.from(chosen, (index) => events.lines[index] ?? 0),
    offsets: Float64Array.from(chosen, (index) => events.offsets[index] ?? 0),
    ends,
    text: new Uint8Array(Buffer.concat(texts, length)),
  };
}

function dressed(events: EventBatch, index: number): Buffer {
  const head = JSON.stringify({
    respool: QUARANTINE_MARK,
    id: idOf(events, index),
    name: nameOf(events, index) || undefined,
    time: `${timeText(events.timesUs[index] ?? Number.NaN, events.timeRests?.[index])}Z`,
    attempts: events.attempts?.[index] ?? 0,
    layers: layersAt(events, index),
  });
  return Buffer.concat([Buffer.from(`${head.slice(0, -1)},"event":`), textOf(events, index), Buffer.from('}')]);
}
