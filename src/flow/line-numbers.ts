import type { DoneStretch } from '../sources/source.js';
import type { PreparedItem } from './prepare/in-order.js';
import { createStretches } from './state/stretches.js';

/**
 * Makes the lines and offsets of batches absolute; the batches must come in the order of the source. Each call returns
 * the number of the batch's first line in its part, from 1.
 * @param done stretches of earlier invocations: their lines count in front of those read now.
 */
export function createLineNumbers(done: readonly DoneStretch[]): (item: PreparedItem) => number {
  const settled = createStretches(done);
  const read = new Map<number, number>();
  return ({ raw, prepared }) => {
    const before = read.get(raw.part) ?? 0;
    read.set(raw.part, before + (raw.lines ?? prepared.lines));
    const firstLine = 1 + before + settled.linesBefore(raw.part, raw.from);
    const { lines, offsets, count } = prepared.events;
    for (let i = 0; i < count; i++) {
      lines[i] = (lines[i] ?? 0) + firstLine;
      offsets[i] = (offsets[i] ?? 0) + raw.from;
    }
    return firstLine;
  };
}
