import { decodeLines } from '../dump/decode-lines.js';
import { unpackFacts } from '../letter-batch.js';
import type { Decoder } from '../source.js';

/** Opens the decoder of queues: one a worker, without I/O. A record is the body of a letter, or the line of one. */
export function createDecoder(): Decoder {
  return {
    decode({ format, bytes, spans }, emit) {
      if (format.kind !== 'letters') return decodeLines(bytes, emit);
      const facts = unpackFacts(format.facts);
      const record = { text: bytes, start: 0, end: 0, offset: 0, line: 0, letter: facts[0] };
      for (const [line, letter] of facts.entries()) {
        record.start = spans?.[2 * line] ?? 0;
        record.end = spans?.[2 * line + 1] ?? 0;
        record.offset = record.start;
        record.line = line;
        record.letter = letter;
        emit(record);
      }
      return facts.length;
    },
  };
}
