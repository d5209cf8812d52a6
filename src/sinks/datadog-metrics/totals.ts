import { createReadStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Measurement } from './measure.js';

/** One point: what all events of a series in one second add up to. */
export interface Total {
  readonly metric: string;
  readonly type: 'count' | 'gauge';
  readonly host: string | undefined;
  readonly tags: readonly string[];
  readonly intervalS: number;
  readonly isHistorical: boolean;
  readonly second: number;
  readonly value: number;
}

/** Totals over everything that was added, in bounded memory. */
export interface Totals {
  /** Adds in the order of the source: the same events in the same order always give the same totals. */
  add(measurement: Measurement): Promise<void>;
  /** All points, those of one series behind one another. */
  all(): AsyncIterable<Total>;
  remove(): Promise<void>;
}

interface Held {
  value: number;
  timeUs: number;
}

/** So many points are held in memory; then they are sorted and written. */
const MOST_HELD = 200_000;

/** Opens empty totals that spill into a folder, which is made when it is needed. */
export function createTotals(folder: string, mostHeld = MOST_HELD): Totals {
  let held = new Map<string, Held>();
  let runs = 0;
  const pathOf = (run: number) => join(folder, `${run}.ndjson`);
  const spill = async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const lines = sorted(held).map(([key, { value, timeUs }]) => `${JSON.stringify([key, value, timeUs])}\n`);
    await writeFile(pathOf(runs++), lines, { mode: 0o600 });
    held = new Map();
  };
  return {
    async add(measurement) {
      const key = keyOf(measurement);
      const { value, timeUs, rule } = measurement;
      const known = held.get(key);
      if (known === undefined) held.set(key, { value, timeUs });
      else merge(known, { value, timeUs }, rule.type);
      // By the number of points alone, so that the sums are put together in the same way each time.
      if (held.size >= mostHeld) await spill();
    },
    async *all() {
      const sources = Array.from({ length: runs }, (_, run) => readRun(pathOf(run)));
      let open: { readonly key: string; readonly held: Held } | undefined;
      for await (const [key, next] of inOrder([...sources, fromMemory(held)])) {
        if (open?.key === key) merge(open.held, next, partsOf(key).type);
        else {
          if (open !== undefined) yield totalOf(open.key, open.held);
          open = { key, held: { ...next } };
        }
      }
      if (open !== undefined) yield totalOf(open.key, open.held);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Counts add up; of a gauge the latest value holds, of two at the same time the one that came later. */
function merge(into: Held, next: Held, type: string): void {
  if (type === 'count') into.value += next.value;
  else if (next.timeUs >= into.timeUs) {
    into.value = next.value;
    into.timeUs = next.timeUs;
  }
}

/** Series first, then the second, so that sorted keys hold a series together. */
function keyOf({ rule, host, tags, second }: Measurement): string {
  const { metric, type, intervalS, isHistorical } = rule;
  return JSON.stringify([metric, type, host ?? null, tags, intervalS, isHistorical, String(second).padStart(12, '0')]);
}

function partsOf(key: string): Total {
  const [metric, type, host, tags, intervalS, isHistorical, second] = JSON.parse(key);
  return { metric, type, host: host ?? undefined, tags, intervalS, isHistorical, second: Number(second), value: 0 };
}

const totalOf = (key: string, { value }: Held): Total => ({ ...partsOf(key), value });

type Entry = readonly [key: string, held: Held];

function sorted(held: ReadonlyMap<string, Held>): Entry[] {
  return [...held].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

async function* fromMemory(held: ReadonlyMap<string, Held>): AsyncGenerator<Entry> {
  yield* sorted(held);
}

async function* readRun(path: string): AsyncGenerator<Entry> {
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const [key, value, timeUs] = JSON.parse(line);
    yield [key, { value, timeUs }];
  }
}

/** Merges sorted sources; of equal keys the earlier source's comes first. */
async function* inOrder(sources: readonly AsyncGenerator<Entry>[]): AsyncGenerator<Entry> {
  const heads: { readonly at: number; readonly source: AsyncGenerator<Entry>; readonly entry: Entry }[] = [];
  const advance = async (source: AsyncGenerator<Entry>, at: number) => {
    const next = await source.next();
    if (next.done) return;
    const [key] = next.value;
    let low = 0;
    for (let high = heads.length; low < high; ) {
      const middle = (low + high) >>> 1;
      const head = heads[middle];
      if (head !== undefined && (head.entry[0] < key || (head.entry[0] === key && head.at < at))) low = middle + 1;
      else high = middle;
    }
    heads.splice(low, 0, { at, source, entry: next.value });
  };
  for (const [at, source] of sources.entries()) await advance(source, at);
  for (let head = heads.shift(); head !== undefined; head = heads.shift()) {
    yield head.entry;
    await advance(head.source, head.at);
  }
}
