import type { PartFailure, RawBatch } from '../../sources/source.js';
import type { PreparePool } from './pool.js';
import type { PreparedBatch } from './spec.js';

/** A raw batch and what became of it, without the bytes. */
export interface PreparedItem {
  readonly kind: 'prepared';
  readonly raw: Omit<RawBatch, 'bytes' | 'spans' | 'spanLines'>;
  readonly prepared: PreparedBatch;
}

interface Reading {
  readonly batches: AsyncIterable<RawBatch | PartFailure>;
  readonly pool: PreparePool;
  /**
   * How many events are still wanted; undefined when all are. With a number the batches are prepared one behind
   * another, because each must know what the one before it has used up.
   */
  readonly room: () => number | undefined;
}

/** Prepares batches on all threads of the pool and yields them in the order of the source. */
export async function* prepareInOrder({ batches, pool, room }: Reading): AsyncGenerator<PreparedItem | PartFailure> {
  const underWay: Promise<PreparedItem | PartFailure>[] = [];
  for await (const item of batches) {
    const maxEvents = room();
    underWay.push(item.kind === 'failure' ? Promise.resolve(item) : prepare(item, pool, maxEvents));
    // One batch more than there are threads, so that no thread waits for the reader.
    const ahead = maxEvents === undefined ? pool.threads + 1 : 0;
    while (underWay.length > ahead) yield* next(underWay);
  }
  while (underWay.length > 0) yield* next(underWay);
}

async function* next(underWay: Promise<PreparedItem | PartFailure>[]): AsyncGenerator<PreparedItem | PartFailure> {
  const first = underWay.shift();
  if (first !== undefined) yield await first;
}

function prepare(raw: RawBatch, pool: PreparePool, maxEvents: number | undefined): Promise<PreparedItem> {
  const { bytes, spans, spanLines, ...rest } = raw;
  const columns = { ...(spans === undefined ? {} : { spans }), ...(spanLines === undefined ? {} : { spanLines }) };
  const input = { format: raw.format, bytes, ...columns, ...(maxEvents === undefined ? {} : { maxEvents }) };
  const item = pool.prepare(input).then((prepared) => ({ kind: 'prepared' as const, raw: rest, prepared }));
  // Whoever awaits it in its turn hears of a failure; until then it is not unhandled.
  item.catch(() => undefined);
  return item;
}
