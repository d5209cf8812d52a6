import type { DecodedRecord } from '../../event/event.js';
import type { Decoder } from '../../sources/source.js';

/**
 * Decodes batches of a day's slice: `spans` hold the bounds of each event, `spanLines` the bytes of two doubles for each,
 * its line and its offset in the source, both as they are when the batch's own are added.
 */
export function createDecoder(): Decoder {
  return {
    decode({ bytes, spans = NONE, spanLines = NONE }, emit) {
      const places = new Float64Array(spanLines.buffer, spanLines.byteOffset, spanLines.length / 2);
      const record: { -readonly [key in keyof DecodedRecord]: DecodedRecord[key] } = {
        text: bytes,
        start: 0,
        end: 0,
        offset: 0,
        line: 0,
      };
      for (let index = 0; index < spans.length / 2; index++) {
        record.start = spans[2 * index] ?? 0;
        record.end = spans[2 * index + 1] ?? 0;
        record.line = places[2 * index] ?? 0;
        record.offset = places[2 * index + 1] ?? 0;
        emit(record);
      }
      return 0;
    },
  };
}

const NONE = new Uint32Array(0);
