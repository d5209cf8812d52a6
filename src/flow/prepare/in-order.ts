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
  /** For each encoder whether the next batch is encoded by the keys of its events alone; absent means whole. */
  readonly byKeys?: () => readonly boolean[] | undefined;
}

/**
 * Prepares batches on all threads of the pool and yields them in the order of the source. What is prepared does not
 * wait for the next batch, which may be long in coming.
 */
export async function* prepareInOrder(reading: Reading): AsyncGenerator<PreparedItem | PartFailure> {
  const { batches, pool, room } = reading;
  const iterator = batches[Symbol.asyncIterator]();
  const underWay: Promise<PreparedItem | PartFailure>[] = [];
  let coming: Promise<IteratorResult<RawBatch | PartFailure>> | undefined;
  let isOver = false;
  try {
    while (!isOver || underWay.length > 0) {
      // One batch more than there are threads, so that no thread waits for the reader.
      const ahead = room() === undefined ? pool.threads + 1 : 0;
      if (!isOver && underWay.length <= ahead) coming ??= iterator.next();
      const [first] = underWay;
      if (coming !== undefined && (first === undefined || (await comesBefore(coming, first)))) {
        const { done, value: item } = await coming;
        coming = undefined;
        isOver = done === true;
        if (done !== true) underWay.push(item.kind === 'failure' ? Promise.resolve(item) : prepare(item, reading));
      } else if (first !== undefined) {
        underWay.shift();
        yield await first;
      }
    }
  } finally {
    coming?.catch(() => undefined);
    await iterator.return?.();
  }
}

/** Whether `a` is there no later than `b`; a failure counts as being there. */
function comesBefore(a: Promise<unknown>, b: Promise<unknown>): Promise<boolean> {
  const [is, isNot] = [() => true, () => false];
  return Promise.race([a.then(is, is), b.then(isNot, isNot)]);
}

function prepare(raw: RawBatch, { pool, room, byKeys: askKeys }: Reading): Promise<PreparedItem> {
  const { bytes, spans, spanLines, ...rest } = raw;
  const [maxEvents, byKeys] = [room(), askKeys?.()];
  const columns = { ...(spans === undefined ? {} : { spans }), ...(spanLines === undefined ? {} : { spanLines }) };
  const wish = { ...(maxEvents === undefined ? {} : { maxEvents }), ...(byKeys === undefined ? {} : { byKeys }) };
  const input = { format: raw.format, bytes, ...columns, ...wish };
  const item = pool.prepare(input).then((prepared) => ({ kind: 'prepared' as const, raw: rest, prepared }));
  // Whoever awaits it in its turn hears of a failure; until then it is not unhandled.
  item.catch(() => undefined);
  return item;
}
