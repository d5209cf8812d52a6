import type { EventBatch } from '../../../src/event/batch.js';
import { deliveryOf } from '../../support/batches.js';

/** Events with these ids at these places of the source. */
export function batchOf(ids: readonly string[], from = 0): EventBatch {
  const events = ids.map((id) => ({ event_id: id, name: 'x', occurred_at: '2019-07-01T00:00:00Z' }));
  const { events: batch } = deliveryOf({}, events);
  return { ...batch, offsets: Float64Array.from(ids, (_, at) => from + at * 100) };
}

/** A mask that wants all of them, or those at the given indexes. */
export function wanting({ count }: EventBatch, indexes?: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: count }, (_, at) => Number(indexes === undefined || indexes.includes(at)));
}
