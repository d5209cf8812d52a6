import type { PreparedBatch } from './spec.js';

/** The buffers of a prepared batch that move to the main thread instead of being copied. */
export function transferOf({ events, encoded }: PreparedBatch): ArrayBuffer[] {
  const columns = [
    events.text,
    events.spans,
    events.ids.bytes,
    events.ids.ends,
    events.idHashes,
    events.names,
    events.timesUs,
    events.timeRests,
    events.lines,
    events.offsets,
    events.attempts,
    events.layers?.chainOf,
    events.layers?.own.bytes,
    events.layers?.own.ends,
  ];
  const buffers = new Set<ArrayBuffer>();
  for (const column of columns) if (column?.buffer instanceof ArrayBuffer) buffers.add(column.buffer);
  for (const buffer of encoded.flatMap((part) => part?.transfer ?? [])) buffers.add(buffer);
  return [...buffers];
}
