import { setImmediate as breathe } from 'node:timers/promises';
import { FREE, UNKNOWN } from '../ledger.js';
import { encodeEntry, keyOf } from './entry.js';
import { decodePage, idBytes, type Page } from './page.js';
import { pageKey, type Store } from './store.js';

/** Between so many writes the deliveries get their turn. */
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
  const entries = pages.flatMap(({ page }) => entriesOf(sink, page)).sort((a, b) => a.key.compare(b.key));
  await store.trying(async () => {
    for (const [at, { key, value }] of entries.entries()) {
      void store.ids.put(key, value);
      if (at % WRITES_AT_ONCE === 0) await breathe();
    }
    await store.ids.flushed;
    for (const { key } of pages) {
      void store.pages.remove(key);
      void store.outcomes.remove(key);
    }
    await store.pages.flushed;
  });
}

/** The entries of a page, those that were not taken left out. */
function entriesOf(sink: number, page: Page) {
  const entries: { readonly key: Buffer; readonly value: Buffer }[] = [];
  const { writer, part } = page;
  for (let index = 0; index < page.count; index++) {
    const state = page.states[index] ?? UNKNOWN;
    if (state === FREE) continue;
    const id = idBytes(page, index);
    const value = encodeEntry({ state, writer, part, offset: page.offsets[index] ?? 0 }, id);
    entries.push({ key: keyOf(sink, id), value });
  }
  return entries;
}
