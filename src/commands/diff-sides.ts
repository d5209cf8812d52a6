import { randomBytes } from 'node:crypto';
import type { CellSums } from '../diff/cell-sums.js';
import { createKnownLines, type KnownLines } from '../diff/known-lines.js';
import { createNames, type Names } from '../diff/names.js';
import type { RowEncoderOptions } from '../diff/row-encoder.js';
import { readSide, type Side } from '../diff/side.js';
import type { Fields } from '../event/fields.js';
import { parseSplitPointer } from '../event/locate.js';
import { openPreparePool, type PreparePool } from '../flow/prepare/pool.js';
import type { PrepareSpec } from '../flow/prepare/spec.js';
import type { Progress } from '../report/progress.js';
import type { PortableLayout } from '../sources/portable.js';
import type { Source } from '../sources/source.js';
import type { Invocation } from './command.js';
import type { DiffOptions } from './diff.js';
import type { OpenDiff } from './diff-open.js';
import { threadsFor } from './threads.js';
import { unwrapperFor } from './unwrap-option.js';

const PROGRESS_EVERY_MS = 200;

/** What all sides of one comparison share. */
export interface DiffReading {
  readonly call: Invocation<DiffOptions>;
  readonly open: OpenDiff;
  readonly seed: readonly number[];
  readonly names: Names;
  /** Folder for scratch files. */
  readonly folder: string;
  readonly progress: Progress;
  readonly startedMs: number;
  /** Threads, which go on with the next side where both are read in the same way. */
  readonly pools: PoolKeeper;
  readonly lines: LineKeeper;
  /** What the sides read before have come to, for progress. */
  readonly before: { events: number; storedBytes: number };
}

/** What the sides of a new comparison share: each is hashed in its own way. */
export function newReading(rest: Omit<DiffReading, 'seed' | 'names' | 'before' | 'pools' | 'lines'>): DiffReading {
  const words = randomBytes(16);
  const seed = [0, 4, 8, 12].map((at) => words.readInt32LE(at));
  return {
    ...rest,
    seed,
    names: createNames(),
    pools: createPoolKeeper(),
    lines: createLineKeeper(),
    before: { events: 0, storedBytes: 0 },
  };
}

interface SideOptions {
  /** So few rows are read sooner than threads are started. */
  readonly isSmall?: boolean;
  /** The table on the other side, and where its checksums are worked out from these events. */
  readonly against?: { readonly layout: PortableLayout; readonly sums: CellSums };
}

/** Reads one side to its end, on all threads unless it is known to be small. */
export async function readOneSide(
  reading: DiffReading,
  source: Source,
  side: 'left' | 'right',
  { isSmall = false, against }: SideOptions = {},
): Promise<Side> {
  const { call, open, names, folder, seed } = reading;
  const encoder: RowEncoderOptions = {
    rules: open.rules,
    key: open.identity.key,
    // Only names that differ make the sides different.
    side: open.rules.renames.length === 0 ? 'left' : side,
    seed,
    ...(against !== undefined && { layout: against.layout }),
  };
  const specWith = (options: RowEncoderOptions) => specOf(reading, source, open.identity[side], options);
  const lines = against === undefined ? reading.lines.open(specWith(encoder), source) : undefined;
  const spec = specWith({ ...encoder, ...(lines !== undefined && { known: lines.known.memory }) });
  const threads = isSmall ? 0 : threadsFor({ source, jobs: open.jobs }, { identical: 'merge' });
  const pool = await reading.pools.open(spec, threads);
  return await readSide({
    source,
    pool,
    names,
    folder,
    sums: against?.sums,
    lines,
    signal: call.stop.finish,
    onProgress: watch(reading),
  });
}

/** Keeps the lines of the first side for the sides behind it. */
interface LineKeeper {
  /** Where the lines of a side are noted or found; undefined for one that is not prepared as the first one was. */
  open(spec: PrepareSpec, source: Source): { readonly known: KnownLines; readonly isFirst: boolean } | undefined;
}

/** The same bytes become the same row where they are prepared in the same way, whatever the rules are. */
function createLineKeeper(): LineKeeper {
  let first: { readonly way: string; readonly known: KnownLines } | undefined;
  return {
    open(spec, { table, parts }) {
      // Rows of tables are never written as the lines of a dump are.
      if (table !== undefined) return undefined;
      const way = JSON.stringify(spec);
      if (first !== undefined) return first.way === way ? { known: first.known, isFirst: false } : undefined;
      const bytes = parts.reduce((sum, part) => sum + (part.bytes ?? Number.POSITIVE_INFINITY), 0);
      first = { way, known: createKnownLines(bytes) };
      return { known: first.known, isFirst: true };
    },
  };
}

/** Keeps the threads that were opened last. */
interface PoolKeeper extends AsyncDisposable {
  open(spec: PrepareSpec, threads: number): Promise<PreparePool>;
}

/** What a thread has compiled and optimised serves the second side as well. */
function createPoolKeeper(): PoolKeeper {
  let kept: { readonly way: string; readonly pool: PreparePool } | undefined;
  return {
    async open(spec, threads) {
      const way = JSON.stringify([spec, threads]);
      if (kept?.way === way) return kept.pool;
      await kept?.pool[Symbol.asyncDispose]();
      kept = { way, pool: await openPreparePool(spec, threads) };
      return kept.pool;
    },
    [Symbol.asyncDispose]: async () => kept?.pool[Symbol.asyncDispose](),
  };
}

function specOf(
  { call: { options } }: DiffReading,
  source: Source,
  fields: Fields,
  encoder: RowEncoderOptions,
): PrepareSpec {
  const { since, until, event, where, timezone, split } = options;
  return {
    decoder: source.decoder,
    fields,
    timezone,
    // What is known by its content needs no id made of it.
    identical: encoder.key.kind === 'content' ? 'none' : 'merge',
    ...(split !== undefined && { split: parseSplitPointer(split) }),
    ...unwrapperFor(options.unwrap),
    filter: {
      events: event,
      ...(since !== undefined && { sinceUs: since }),
      ...(until !== undefined && { untilUs: until }),
      ...(where !== undefined && { where }),
    },
    encoders: [{ module: new URL('../diff/row-encoder.js', import.meta.url).href, options: encoder }],
  };
}

function watch({ open, progress, startedMs, before }: DiffReading) {
  const sources = [open.left, open.right, ...(open.noise === undefined ? [] : [open.noise])];
  const sizes = sources.flatMap(({ parts }) => parts.map(({ bytes }) => bytes ?? Number.NaN));
  const bytesTotal = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const start = { ...before };
  let shownMs = 0;
  return ({ events, storedBytes }: { readonly events: number; readonly storedBytes: number }) => {
    before.events = start.events + events;
    before.storedBytes = start.storedBytes + storedBytes;
    const nowMs = performance.now();
    if (nowMs - shownMs < PROGRESS_EVERY_MS) return;
    shownMs = nowMs;
    const total = Number.isNaN(bytesTotal) ? {} : { bytesTotal };
    const elapsedMs = nowMs - startedMs;
    progress.update({ read: before.events, bytesRead: before.storedBytes, ...total, sinks: [], elapsedMs });
  };
}
