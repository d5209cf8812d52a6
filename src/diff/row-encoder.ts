import type { EventCursor } from '../event/event.js';
import { parseExact } from '../event/exact.js';
import type { Encoded, Encoder } from '../sinks/sink.js';
import { createKeyText } from './key-text.js';
import { createReading } from './reading.js';
import { RowHasher } from './row-hash.js';
import { type DiffRules, type KeyRule, leavesValues, type SideName } from './rules.js';

/** What the encoder of one side needs to know: plain data. */
export interface RowEncoderOptions {
  readonly rules: DiffRules;
  readonly key: KeyRule;
  readonly side: SideName;
  /** Four words that both sides share. */
  readonly seed: readonly number[];
}

/** Words of one event: the hash of its key, then the hash of its content. */
export const ROW_WORDS = 8;

const INITIAL_EVENTS = 4_096;

/** Makes of each event the two hashes by which both sides are matched. Runs beside the parser. */
export function createEncoder(options: RowEncoderOptions): Encoder {
  const hashRow = createRowHash(options);
  let words = new Uint32Array(INITIAL_EVENTS * ROW_WORDS);
  let count = 0;
  return {
    add(event) {
      if ((count + 1) * ROW_WORDS > words.length) {
        const wider = new Uint32Array(words.length * 2);
        wider.set(words);
        words = wider;
      }
      hashRow(event, words, count * ROW_WORDS);
      count++;
      return undefined;
    },
    finish(): Encoded {
      const data = words.slice(0, count * ROW_WORDS);
      count = 0;
      return { data, transfer: [data.buffer] };
    },
  };
}

/** What a row is made of: the id as text where the key is the id, and the event's own JSON. */
export type RowEvent = Pick<EventCursor, 'text' | 'start' | 'end' | 'id' | 'idStart' | 'idEnd'>;

/** Opens the function that writes the words of one event into `out[at, at + ROW_WORDS)`. */
export function createRowHash({ rules, key, side, seed }: RowEncoderOptions) {
  const hasher = new RowHasher(seed);
  const reading = createReading(rules);
  // What is not compared may well be what the key is made of.
  const keyReading = createReading({ ...rules, ignore: [], only: [], nullIsMissing: false });
  const keyText = createKeyText(key, rules);
  const isPlain = leavesValues(rules);
  const hashText = (text: string, out: Uint32Array, at: number) => {
    const bytes = Buffer.from(text);
    hasher.hashBytes(bytes, 0, bytes.length, out, at);
  };
  return (event: RowEvent, out: Uint32Array, at: number): void => {
    const value = isPlain && key.kind !== 'fields' ? undefined : parseExact(textOf(event));
    if (value === undefined || isPlain) hasher.hashJson(event.text, event.start, event.end, out, at + 4);
    else hashText(reading.canonical(reading.read(value, side)), out, at + 4);
    const fields = value === undefined ? undefined : keyText(keyReading.read(value, side));
    if (key.kind === 'id' && event.idEnd > event.idStart) {
      hasher.hashBytes(event.text, event.idStart, event.idEnd, out, at);
    } else if (key.kind === 'id') hashText(event.id, out, at);
    else if (fields === undefined) out.copyWithin(at, at + 4, at + 8);
    else hashText(fields, out, at);
  };
}

function textOf({ text, start, end }: RowEvent): string {
  return Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8', start, end);
}
