import type { DecodedRecord } from '../../event/event.js';

/** Bounds that the reader has found. */
export interface Spans {
  /** Start and end of each record. */
  readonly spans: Uint32Array;
  readonly lines: Uint32Array;
  /** Position of each record in the batch where it is no byte; undefined where it is its start. */
  readonly offsets: Uint32Array | undefined;
}

/** Emits records whose bounds are known. Returns the number of lines up to the last one. */
export function decodeSpans(
  bytes: Uint8Array,
  { spans, lines, offsets }: Spans,
  emit: (record: DecodedRecord) => void,
): number {
  const record = { text: bytes, start: 0, end: 0, offset: 0, line: 0 };
  for (let index = 0; index < lines.length; index += 1) {
    record.start = spans[2 * index] ?? 0;
    record.end = spans[2 * index + 1] ?? 0;
    record.offset = offsets?.[index] ?? record.start;
    record.line = lines[index] ?? 0;
    emit(record);
  }
  return record.line + 1;
}
