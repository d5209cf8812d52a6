import { UNKNOWN } from '../ledger.js';
import { encodeEntry } from './entry.js';
import { decodePage, idBytes, type Page } from './page.js';
import { sortEntries } from './sort-entries.js';
import { pageKey, type Store } from './store.js';

/** Between so many writes the deliveries get their turn, and what LMDB holds of a transaction stays small. */
const WRITES_AT_ONCE = 4_096;

/** The pages of a sink that are in the log, in the order in which they were written. */
export function* readPages({ pages, outcomes }: Store, sink: number) {
  const range = { start: pageKey(sink, 0), end: pageKey(sink + 1, 0) };
  for (const { key, value } of pages.getRange(range)) {
    const states = outcomes.get(key);
    yield { number: key.readUIntBE(2, 6), page: decodePage(value, { states, unknown: UNKNOWN }) };
  }
}

/** Writes the events of pages into the tree, and only once that is durable takes the pages from the log. */
export async function mergePages(
  store: Store,
  sink: number,
  pages: readonly { readonly page: Page; readonly key: Buffer }[],
): Promise<void> {
  const entries = sortEntries(
    sink,
    pages.map(({ page }) => page),
  );
  await store.trying(async () => {
    let written: Promise<unknown> = Promise.resolve();
    for (let at = 0; at < entries.count; at++) {
      const { page, index, key } = entries.at(at);
      const { writer, part, states, offsets } = page;
      const entry = { writer, part, state: states[index] ?? UNKNOWN, offset: offsets[index] ?? 0 };
      written = store.ids.put(key, encodeEntry(entry, idBytes(page, index)));
      if ((at + 1) % WRITES_AT_ONCE === 0) await written;
    }
    await written;
    await store.ids.flushed;
    for (const { key } of pages) {
      void store.pages.remove(key);
      void store.outcomes.remove(key);
    }
    await store.pages.flushed;
  });
}
