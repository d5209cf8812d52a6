import { hashId } from '../../../event/id-hash.js';
import { FREE, TAKEN, UNKNOWN } from '../ledger.js';
import type { LedgerEntry, LedgerView } from '../view.js';
import { decodeEntry, type Entry, keyOf, openKey } from './entry.js';
import { readPages } from './merge.js';
import { idBytes, type Page } from './page.js';
import { createRecent, type Recent } from './recent.js';
import { openStore, pageKey, type Store } from './store.js';

/** Looks into the ledger of a folder, also while another process writes it. */
export async function openLmdbView(folder: string, access: 'read' | 'write'): Promise<LedgerView> {
  const store = await openStore(folder, access);
  const labels = new Map([...store.sinks.getRange()].map(({ key, value }) => [value, key]));
  const tell = (sink: number, id: string, { state, writer, part, offset }: Entry): LedgerEntry => ({
    ...{ sink: labels.get(sink) ?? String(sink), id, part, offset },
    state: state === TAKEN ? 'taken' : 'unknown',
    writer: store.writers.get(writer),
  });
  return {
    label: folder,
    async find(id) {
      const bytes = Buffer.from(id);
      return [...labels.keys()].flatMap((sink) => {
        const entry = lookUp(store, { sink, recent: recentOf(store, sink) }, bytes);
        return entry === undefined || entry.state === FREE ? [] : [tell(sink, id, entry)];
      });
    },
    reader(label) {
      const sink = [...labels].find(([, each]) => each === label)?.[0];
      if (sink === undefined) return () => false;
      const recent = recentOf(store, sink);
      return (id) => lookUp(store, { sink, recent }, Buffer.from(id))?.state === TAKEN;
    },
    async *entries() {
      for (const sink of labels.keys()) {
        const recent = recentOf(store, sink);
        for (const [id, entry] of recentEntries(recent)) yield tell(sink, Buffer.from(id).toString(), entry);
        for (const { key, value } of store.ids.getRange(rangeOf(sink))) {
          const { id } = openKey(key, value);
          if (findIn(recent, Buffer.from(id)) === undefined) yield tell(sink, id, decodeEntry(value));
        }
      }
    },
    prune: (before) => prune(store, [...labels.keys()], before),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

const rangeOf = (sink: number) => ({
  start: pageKey(sink, 0).subarray(0, 2),
  end: pageKey(sink + 1, 0).subarray(0, 2),
});

function recentOf(store: Store, sink: number): Recent {
  const recent = createRecent();
  for (const { page } of readPages(store, sink)) recent.add(page);
  return recent;
}

function findIn(recent: Recent, id: Buffer): Entry | undefined {
  const hash = new Uint32Array(2);
  hashId(id, 0, id.length, hash, 0);
  const place = recent.find(hash[0] ?? 0, hash[1] ?? 0, id);
  return place && entryAt(place.page, place.index);
}

function entryAt({ states, writer, part, offsets }: Page, index: number): Entry {
  return { state: states[index] ?? UNKNOWN, writer, part, offset: offsets[index] ?? 0 };
}

function lookUp(store: Store, { sink, recent }: { sink: number; recent: Recent }, id: Buffer): Entry | undefined {
  const known = findIn(recent, id);
  if (known !== undefined) return known;
  const value = store.ids.get(keyOf(sink, id));
  return value && decodeEntry(value);
}

/** The newest entry of each id in the log. */
function* recentEntries(recent: Recent): Generator<readonly [Uint8Array, Entry]> {
  for (const page of recent.pages) {
    for (let index = 0; index < page.count; index++) {
      const id = idBytes(page, index);
      const newest = recent.find(page.hashes[2 * index] ?? 0, page.hashes[2 * index + 1] ?? 0, id);
      const entry = entryAt(page, index);
      if (newest?.page === page && newest.index === index && entry.state !== FREE) yield [id, entry];
    }
  }
}

async function prune(store: Store, sinks: readonly number[], before: Date): Promise<number> {
  const old = new Set(
    [...store.writers.getRange()].flatMap(({ key, value }) => (new Date(value.startedAt) < before ? [key] : [])),
  );
  // An event may stand in several pages and in the tree: it is forgotten once.
  let pruned = 0;
  let removed = 0;
  await store.trying(async () => {
    for (const sink of sinks) {
      const recent = recentOf(store, sink);
      for (const [, { writer }] of recentEntries(recent)) if (old.has(writer)) pruned++;
      for (const { number, page } of readPages(store, sink)) {
        if (!old.has(page.writer)) continue;
        void store.pages.remove(pageKey(sink, number));
        void store.outcomes.remove(pageKey(sink, number));
      }
      for (const { key, value } of store.ids.getRange(rangeOf(sink))) {
        if (!old.has(decodeEntry(value).writer)) continue;
        const removal = store.ids.remove(key);
        if (findIn(recent, Buffer.from(openKey(key, value).id)) === undefined) pruned++;
        // Not more at once than fits into memory.
        if (++removed % 50_000 === 0) await removal;
      }
    }
    for (const writer of old) void store.writers.remove(writer);
    await store.pages.flushed;
    await store.ids.flushed;
  });
  return pruned;
}
