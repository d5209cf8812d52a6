import { ROW } from './rows.js';

/** The words of the rows for which `wants` holds, told their number. */
export function wantedRows(words: Uint32Array, wants: (row: number) => boolean): Uint32Array {
  const kept = new Uint32Array(words.length);
  let length = 0;
  for (let row = 0; row * ROW < words.length; row++) {
    if (!wants(row)) continue;
    kept.set(words.subarray(row * ROW, (row + 1) * ROW), length);
    length += ROW;
  }
  return kept.slice(0, length);
}

/** Blocks of rows as one. */
export function joined(blocks: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}
