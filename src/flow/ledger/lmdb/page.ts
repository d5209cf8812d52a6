import { hashId } from '../../../event/id-hash.js';
import type { BookBatch } from '../ledger.js';

/** Events of one delivery as the log keeps them: what was about to be sent, and what became of it. */
export interface Page {
  readonly writer: number;
  readonly part: number;
  readonly count: number;
  readonly ids: Uint8Array;
  /** Id `i` ends at `ends[i]` and starts where the one before it ended. */
  readonly ends: Uint32Array;
  readonly offsets: Float64Array;
  readonly hashes: Uint32Array;
  /** What became of each event, as in `ledger.ts`; until it is known, unknown. */
  states: Uint8Array;
  isSettled: boolean;
}

const HEAD_BYTES = 12;

/** Makes a page of the events where `wanted` is 1; `indexes` receives which they are. */
export function makePage(
  { events, part }: BookBatch,
  wanted: Uint8Array,
  { writer, states, indexes }: { readonly writer: number; readonly states: number; readonly indexes: number[] },
): Page {
  for (let i = 0; i < events.count; i++) if (wanted[i] === 1) indexes.push(i);
  const count = indexes.length;
  const ends = new Uint32Array(count);
  const offsets = new Float64Array(count);
  const hashes = new Uint32Array(2 * count);
  const { bytes, ends: allEnds } = events.ids;
  const ids = new Uint8Array(count === events.count ? bytes.length : lengthOf(allEnds, indexes));
  let length = 0;
  for (const [at, index] of indexes.entries()) {
    const start = index === 0 ? 0 : (allEnds[index - 1] ?? 0);
    const end = allEnds[index] ?? 0;
    ids.set(bytes.subarray(start, end), length);
    length += end - start;
    ends[at] = length;
    offsets[at] = events.offsets[index] ?? 0;
    hashes[2 * at] = events.idHashes[2 * index] ?? 0;
    hashes[2 * at + 1] = events.idHashes[2 * index + 1] ?? 0;
  }
  return {
    ...{ writer, part, count, ids, ends, offsets, hashes },
    states: new Uint8Array(count).fill(states),
    isSettled: false,
  };
}

function lengthOf(ends: Uint32Array, indexes: readonly number[]): number {
  return indexes.reduce((sum, index) => sum + (ends[index] ?? 0) - (index === 0 ? 0 : (ends[index - 1] ?? 0)), 0);
}

/** The page as bytes, without its states. */
export function encodePage({ writer, part, count, ids, ends, offsets }: Page): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(writer, 0);
  head.writeUInt32LE(part, 4);
  head.writeUInt32LE(count, 8);
  return Buffer.concat([head, bytesOf(ends), bytesOf(offsets), ids]);
}

/** Opens the bytes of a page. @param states absent when nobody has noted an answer. */
export function decodePage(
  bytes: Uint8Array,
  { states, unknown }: { readonly states: Uint8Array | undefined; readonly unknown: number },
): Page {
  const copy = Buffer.from(bytes);
  const [writer, part, count] = [copy.readUInt32LE(0), copy.readUInt32LE(4), copy.readUInt32LE(8)];
  const endsAt = HEAD_BYTES;
  const offsetsAt = endsAt + 4 * count;
  const idsAt = offsetsAt + 8 * count;
  const ends = new Uint32Array(new Uint8Array(copy.subarray(endsAt, offsetsAt)).buffer);
  const ids = new Uint8Array(copy.subarray(idsAt));
  const hashes = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) hashId(ids, i === 0 ? 0 : (ends[i - 1] ?? 0), ends[i] ?? 0, hashes, 2 * i);
  return {
    ...{ writer, part, count, ids, ends, hashes },
    offsets: new Float64Array(new Uint8Array(copy.subarray(offsetsAt, idsAt)).buffer),
    states: states ?? new Uint8Array(count).fill(unknown),
    isSettled: true,
  };
}

/** The bytes of id `index`. */
export function idBytes({ ids, ends }: Page, index: number): Uint8Array {
  return ids.subarray(index === 0 ? 0 : (ends[index - 1] ?? 0), ends[index]);
}

function bytesOf(column: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}
