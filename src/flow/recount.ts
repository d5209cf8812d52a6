import type { DoneStretch, PartFailure, RawBatch, Source } from '../sources/source.js';
import type { PreparePool } from './prepare/pool.js';
import { createStretches } from './state/stretches.js';

interface Recounting {
  readonly source: Source;
  /** What earlier invocations have settled. */
  readonly done: readonly DoneStretch[];
  /** Prepares in order, on one thread. */
  readonly pool: PreparePool;
  readonly signal: AbortSignal;
}

type Item = RawBatch | PartFailure;

/**
 * What is left of a source whose identical events are numbered as they come. The settled stretches are prepared once
 * more, each in its place, so that the numbers go on where they were; they are not yielded.
 * @throws the failure of a part whose settled stretches cannot be read any more.
 */
export async function* recounted({ source, done, pool, signal }: Recounting): AsyncGenerator<Item> {
  const settled = settledBatches(source, done, signal);
  try {
    let next = await settled.next();
    for await (const item of source.batches(done, signal)) {
      for (; !next.done && isBefore(next.value, item); next = await settled.next()) await count(next.value, pool);
      yield item;
    }
  } finally {
    await settled.return(undefined);
  }
}

async function count({ format, bytes, spans, spanLines }: RawBatch, pool: PreparePool): Promise<void> {
  await pool.prepare({ format, bytes, ...(spans && { spans }), ...(spanLines && { spanLines }) });
}

function isBefore(batch: RawBatch, item: Item): boolean {
  if (batch.part !== item.part) return batch.part < item.part;
  return item.kind === 'failure' || batch.from < item.from;
}

/** The batches of exactly the settled stretches. */
async function* settledBatches(
  source: Source,
  done: readonly DoneStretch[],
  signal: AbortSignal,
): AsyncGenerator<RawBatch, undefined> {
  const settled = createStretches(done).list();
  const last = settled.at(-1);
  if (last === undefined) return;
  const ends = new Map(settled.map(({ part, to }) => [part, to]));
  const reached = new Map<number, number>();
  for await (const item of source.batches(complementOf(settled, source.parts.length), signal)) {
    if (item.kind === 'batch') {
      reached.set(item.part, item.to);
      yield item;
      if (item.part === last.part && item.to >= last.to) return;
    } else if ((reached.get(item.part) ?? 0) < (ends.get(item.part) ?? 0)) throw item.error;
  }
}

/** All that is not settled, part by part. */
function complementOf(settled: readonly DoneStretch[], parts: number): DoneStretch[] {
  return Array.from({ length: parts }, (_, part) => {
    let from = 0;
    const gaps = settled
      .filter((stretch) => stretch.part === part)
      .map((stretch) => {
        const gap = { part, from, to: stretch.from, lines: 0 };
        from = stretch.to;
        return gap;
      });
    return [...gaps, { part, from, to: Number.MAX_SAFE_INTEGER, lines: 0 }].filter((gap) => gap.to > gap.from);
  }).flat();
}
