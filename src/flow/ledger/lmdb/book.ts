import type { EventBatch } from '../../../event/batch.js';
import type { KnownMark } from '../../../sinks/sink.js';
import { type Book, type BookBatch, type Claim, FREE, type HowToClaim, TAKEN, TAKEN_HERE, UNKNOWN } from '../ledger.js';
import { decodeEntry, type Entry, keyOf } from './entry.js';
import { mergePages, readPages } from './merge.js';
import { encodePage, makePage, type Page } from './page.js';
import { createRecent, type Recent } from './recent.js';
import { pageKey, type Store } from './store.js';

/** So many settled ids wait in the log until they enter the tree together. */
const MERGE_AT = 65_536;

interface Identity {
  readonly sink: number;
  readonly writer: number;
  readonly run: string;
}

/** The ledger of one sink in a store. */
export function openBook(store: Store, identity: Identity): Book & AsyncDisposable {
  return new LmdbBook(store, identity);
}

class LmdbBook implements Book {
  private recent: Recent = createRecent();
  private merging: Recent | undefined;
  private merge: Promise<void> = Promise.resolve();
  private failure: { readonly error: unknown } | undefined;
  private readonly keys = new Map<Page, Buffer>();
  private settled = 0;
  private nextPage = 1;
  private isClosed = false;

  constructor(
    private readonly store: Store,
    private readonly identity: Identity,
  ) {
    for (const { page, number } of readPages(store, identity.sink)) {
      this.keys.set(page, pageKey(identity.sink, number));
      this.recent.add(page);
      this.settled += page.count;
      this.nextPage = number + 1;
    }
  }

  async look(batch: BookBatch, wanted: Uint8Array): Promise<Uint8Array> {
    const { events } = batch;
    const standings = new Uint8Array(events.count);
    for (let i = 0; i < events.count; i++) {
      if (wanted[i] !== 1) continue;
      const entry = this.entryOf(events, i);
      standings[i] = entry === undefined ? FREE : this.standingOf(entry, batch, i);
    }
    return standings;
  }

  async claim(batch: BookBatch, wanted: Uint8Array, { hasMark }: HowToClaim): Promise<Claim> {
    await this.makeRoom();
    const { store, identity } = this;
    const indexes: number[] = [];
    const page = makePage(batch, wanted, { writer: identity.writer, states: UNKNOWN, indexes });
    const key = pageKey(identity.sink, this.nextPage++);
    if (page.count > 0) {
      await store.trying(async () => {
        await store.pages.batch(() => {
          void store.pages.put(key, encodePage(page));
          if (hasMark) void store.marks.put(identity.sink, { ...this.knownMark(), wasInterrupted: true });
        });
        await store.pages.flushed;
      });
      this.keys.set(page, key);
      this.recent.add(page);
    }
    return {
      isMine: wanted,
      settle: (states, mark) => this.settle({ page, key, indexes }, states, mark),
    };
  }

  async mark(): Promise<KnownMark | undefined> {
    return this.store.marks.get(this.identity.sink);
  }

  async setMark(text: string): Promise<void> {
    const { store, identity } = this;
    await store.trying(async () => {
      await store.marks.put(identity.sink, { text, wasInterrupted: false });
      await store.marks.flushed;
    });
  }

  async forget(): Promise<void> {
    const { store, identity } = this;
    const range = { start: pageKey(identity.sink, 0), end: pageKey(identity.sink + 1, 0) };
    await store.trying(async () => {
      for (const key of store.ids.getKeys(range)) void store.ids.remove(key);
      await store.ids.flushed;
      for (const key of this.keys.values()) {
        void store.pages.remove(key);
        void store.outcomes.remove(key);
      }
      void store.marks.remove(identity.sink);
      await store.pages.flushed;
    });
    this.keys.clear();
    this.recent = createRecent();
    this.settled = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isClosed = true;
    await this.merge;
    if (this.failure !== undefined) throw this.failure.error;
  }

  private knownMark(): KnownMark {
    return this.store.marks.get(this.identity.sink) ?? { text: '', wasInterrupted: false };
  }

  private entryOf(events: EventBatch, index: number): Entry | undefined {
    const id = idOfEvent(events, index);
    const [low = 0, high = 0] = [events.idHashes[2 * index], events.idHashes[2 * index + 1]];
    const place = this.recent.find(low, high, id) ?? this.merging?.find(low, high, id);
    if (place === undefined) {
      const value = this.store.ids.get(keyOf(this.identity.sink, id));
      return value && decodeEntry(value);
    }
    const { writer, part, states, offsets } = place.page;
    return { writer, part, state: states[place.index] ?? UNKNOWN, offset: offsets[place.index] ?? 0 };
  }

  private standingOf({ state, writer, part, offset }: Entry, batch: BookBatch, index: number): number {
    if (state !== TAKEN || writer === this.identity.writer) return state;
    if (part !== batch.part || offset !== batch.events.offsets[index]) return TAKEN;
    return this.store.writers.get(writer)?.run === this.identity.run ? TAKEN_HERE : TAKEN;
  }

  private async settle(
    { page, key, indexes }: { readonly page: Page; readonly key: Buffer; readonly indexes: readonly number[] },
    states: Uint8Array,
    mark: string | undefined,
  ): Promise<void> {
    const { store, identity } = this;
    // An answer that comes when the ledger is gone is noted by nobody: the event stays unknown.
    if (this.isClosed) throw new Error('the ledger is closed');
    for (const [at, index] of indexes.entries()) page.states[at] = states[index] ?? UNKNOWN;
    await store.trying(async () => {
      // One transaction: a mark without its events, or events without their mark, would lose some or send them twice.
      await store.outcomes.batch(() => {
        if (page.count > 0) void store.outcomes.put(key, Buffer.from(page.states));
        if (mark !== undefined) void store.marks.put(identity.sink, { text: mark, wasInterrupted: false });
      });
      await store.outcomes.flushed;
    });
    page.isSettled = true;
    this.settled += page.count;
  }

  /** Starts to move what is settled into the tree once it is enough, and waits when it comes faster than that goes. */
  private async makeRoom(): Promise<void> {
    if (this.settled >= MERGE_AT) {
      await this.merge;
      if (this.settled >= MERGE_AT) this.startMerge();
    }
    if (this.failure !== undefined) throw this.failure.error;
  }

  private startMerge(): void {
    const whole = createRecent();
    const rest = createRecent();
    for (const page of this.recent.pages) (page.isSettled ? whole : rest).add(page);
    this.merging = whole;
    this.recent = rest;
    this.settled = 0;
    this.merge = this.moveToTree(whole).catch((error: unknown) => {
      this.failure = { error };
    });
  }

  private async moveToTree(whole: Recent): Promise<void> {
    const pages = [...whole.pages].map((page) => ({ page, key: this.keys.get(page) ?? EMPTY }));
    await mergePages(this.store, this.identity.sink, pages);
    for (const { page } of pages) this.keys.delete(page);
    this.merging = undefined;
  }
}

const EMPTY = Buffer.alloc(0);

function idOfEvent({ ids: { bytes, ends } }: EventBatch, index: number): Uint8Array {
  return bytes.subarray(index === 0 ? 0 : (ends[index - 1] ?? 0), ends[index]);
}
