import { FREE, UNKNOWN } from '../ledger.js';
import { keyOf } from './entry.js';
import { idBytes, type Page } from './page.js';

/** Entries of pages in the order of their keys in the tree. */
export interface SortedEntries {
  readonly count: number;
  at(position: number): { readonly page: Page; readonly index: number; readonly key: Buffer };
}

/** Sink, kind and the first bytes of the id decide nearly every comparison: as many as a number holds exactly. */
const PREFIX_BYTES = 6;
const PREFIX_FROM = 2;

/**
 * Sorts the entries of pages, those that were not taken left out; of equal keys the later page's comes last. Keys are
 * kept behind one another in one buffer, because an object for each would cost more memory than all else.
 */
export function sortEntries(sink: number, pages: readonly Page[]): SortedEntries {
  const most = pages.reduce((sum, { count }) => sum + count, 0);
  const [pageOf, indexOf, ends] = [new Uint32Array(most), new Uint32Array(most), new Uint32Array(most)];
  const prefixes = new Float64Array(most);
  let keys: Buffer = Buffer.alloc(32 * most);
  let count = 0;
  let length = 0;
  for (const [number, page] of pages.entries()) {
    for (let index = 0; index < page.count; index++) {
      if ((page.states[index] ?? UNKNOWN) === FREE) continue;
      const key = keyOf(sink, idBytes(page, index));
      // The prefix of a short key reads the zeros behind it.
      if (length + key.length + PREFIX_BYTES > keys.length) keys = widened(keys, key.length);
      keys.set(key, length);
      prefixes[count] = keys.readUIntBE(length + PREFIX_FROM, PREFIX_BYTES);
      length += key.length;
      pageOf[count] = number;
      indexOf[count] = index;
      ends[count++] = length;
    }
  }
  const startOf = (entry: number) => (entry === 0 ? 0 : (ends[entry - 1] ?? 0));
  const order = Uint32Array.from({ length: count }, (_, entry) => entry).sort((a, b) => {
    const byPrefix = (prefixes[a] ?? 0) - (prefixes[b] ?? 0);
    if (byPrefix !== 0) return byPrefix;
    return keys.compare(keys, startOf(b), ends[b], startOf(a), ends[a]) || a - b;
  });
  return {
    count,
    at(position) {
      const entry = order[position] ?? 0;
      const page = pages[pageOf[entry] ?? 0];
      if (page === undefined) throw new Error(`there is no entry ${position}`);
      return { page, index: indexOf[entry] ?? 0, key: keys.subarray(startOf(entry), ends[entry]) };
    },
  };
}

function widened(keys: Buffer, more: number): Buffer {
  const wider = Buffer.alloc(2 * keys.length + more + PREFIX_BYTES);
  wider.set(keys);
  return wider;
}
