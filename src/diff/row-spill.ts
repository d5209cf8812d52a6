import { joined, wantedRows } from './row-words.js';
import { ROW, type RowFacts, Rows, RowWriter } from './rows.js';
import type { ScratchFile } from './scratch-file.js';

/** Rows with keys of one bucket never meet keys of another. */
export const BUCKETS = 256;
const ROWS_IN_MEMORY = 256;

/** The rows of one side, apart by their keys: a few of each bucket in memory, the rest on disk. */
export interface RowSpill {
  readonly rows: number;
  /** @param hashes the eight words of the encoder, from `from` on. */
  add(hashes: Uint32Array, from: number, facts: RowFacts): void;
  /** How many rows a bucket has. */
  countOf(bucket: number): number;
  /** The rows of a bucket for which `wants` holds, told the second word of the key. */
  rowsOf(bucket: number, wants?: (word: number) => boolean): Rows;
}

/** Opens the rows of one side over a scratch file. */
export function createRowSpill(file: ScratchFile): RowSpill {
  const writers = Array.from({ length: BUCKETS }, () => new RowWriter(ROWS_IN_MEMORY));
  const extents: number[][] = Array.from({ length: BUCKETS }, () => []);
  let rows = 0;
  return {
    get rows() {
      return rows;
    },
    add(hashes, from, facts) {
      const bucket = (hashes[from] ?? 0) >>> 24;
      const writer = writers[bucket] as RowWriter; // there are as many as a byte has values
      writer.add(hashes, from, facts);
      rows++;
      if (!writer.isFull) return;
      extents[bucket]?.push(file.append(writer.bytes()));
      writer.clear();
    },
    countOf: (bucket) => (extents[bucket]?.length ?? 0) * ROWS_IN_MEMORY + (writers[bucket]?.count ?? 0),
    rowsOf(bucket, wants) {
      const spilled = extents[bucket] ?? [];
      const tail = writers[bucket]?.bytes() ?? new Uint8Array(0);
      const blockBytes = ROWS_IN_MEMORY * ROW * 4;
      if (wants === undefined) {
        const all = new Uint8Array(spilled.length * blockBytes + tail.length);
        for (const [at, position] of spilled.entries()) {
          file.read(position, all.subarray(at * blockBytes, (at + 1) * blockBytes));
        }
        all.set(tail, spilled.length * blockBytes);
        return new Rows(new Uint32Array(all.buffer));
      }
      const kept: Uint32Array[] = [];
      const block = new Uint8Array(blockBytes);
      for (const position of spilled) {
        file.read(position, block);
        kept.push(wantedOf(new Uint32Array(block.buffer), wants));
      }
      kept.push(wantedOf(new Uint32Array(tail.slice().buffer), wants));
      return new Rows(joined(kept));
    },
  };
}

function wantedOf(words: Uint32Array, wants: (word: number) => boolean): Uint32Array {
  return wantedRows(words, (row) => wants(words[row * ROW + 1] ?? 0));
}
