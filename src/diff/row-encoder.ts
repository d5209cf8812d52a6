import type { DecodedRecord, EventCursor } from '../event/event.js';
import { type ExactValue, parseExact } from '../event/exact.js';
import { hashId } from '../event/id-hash.js';
import type { Encoded, Encoder } from '../sinks/sink.js';
import type { PortableLayout } from '../sources/portable.js';
import { createKeyText } from './key-text.js';
import { createLineRecall } from './line-recall.js';
import { createReading } from './reading.js';
import { RowHasher } from './row-hash.js';
import { type DiffRules, type KeyRule, leavesValues, type SideName } from './rules.js';
import { createTableText } from './table-text.js';

/** What the encoder of one side needs to know: plain data. */
export interface RowEncoderOptions {
  readonly rules: DiffRules;
  readonly key: KeyRule;
  readonly side: SideName;
  /** Four words that both sides share. */
  readonly seed: readonly number[];
  /** The table on the other side whose checksums are worked out here as well. */
  readonly layout?: PortableLayout;
  /** Memory of `createKnownLines`, where the other side is prepared in the same way. */
  readonly known?: SharedArrayBuffer;
}

/** Words of one event: the hash of its key, then the hash of its content. */
export const ROW_WORDS = 8;
/** The same, then the hash by which the table puts the key into a cell, and the hash of the table's row in two words. */
export const PORTABLE_WORDS = 11;
/** The words of one event, then the hash of its line, zeros where it has none. */
export const LINE_WORDS = 12;

const INITIAL_EVENTS = 4_096;

/** Makes of each event the two hashes by which both sides are matched. Runs beside the parser. */
export function createEncoder(options: RowEncoderOptions): Encoder {
  const { layout, known, key } = options;
  const hashRow = createRowHash(options);
  const lines = known === undefined ? undefined : createLineRecall(known, options.seed);
  const stride = layout !== undefined ? PORTABLE_WORDS : lines !== undefined ? LINE_WORDS : ROW_WORDS;
  let words = new Uint32Array(INITIAL_EVENTS * stride);
  let count = 0;
  /** Where the next row goes. */
  const next = (): number => {
    if ((count + 1) * stride > words.length) {
      const wider = new Uint32Array(words.length * 2);
      wider.set(words);
      words = wider;
    }
    return count++ * stride;
  };
  return {
    add(event) {
      const at = next();
      hashRow(event, words, at);
      if (lines === undefined) return undefined;
      const hasId = key.kind === 'content' || event.idEnd > event.idStart;
      if (event.isRecord && hasId) lines.note(event, words, at + ROW_WORDS);
      else words.fill(0, at + ROW_WORDS, at + LINE_WORDS);
      return undefined;
    },
    ...(lines !== undefined && {
      recall(record: DecodedRecord) {
        const found = lines.recall(record);
        if (found !== undefined) lines.copyRow(words, next());
        return found;
      },
    }),
    finish(): Encoded {
      const data = words.slice(0, count * stride);
      count = 0;
      return { data, transfer: [data.buffer] };
    },
  };
}

/** The hashes that the server makes of the row that an event became; of an event that no row can equal, any. */
function createTableRowHash(layout: PortableLayout, rules: DiffRules) {
  const text = createTableText(layout, rules);
  const words = new Uint32Array(2);
  let unequal = 0;
  return (value: ExactValue, out: Uint32Array, at: number): void => {
    const key = Buffer.from(text.key(value));
    hashId(key, 0, key.length, words, 0);
    out[at] = words[0] ?? 0;
    // No text of a row begins with a zero byte.
    const row = text.content(value);
    const content = Buffer.from(row === undefined ? `\0${unequal++}` : layout.salt + row);
    hashId(content, 0, content.length, out, at + 1);
  };
}

/** What a row is made of: the id as text where the key is the id, and the event's own JSON. */
export type RowEvent = Pick<EventCursor, 'text' | 'start' | 'end' | 'id' | 'idStart' | 'idEnd'>;

/** Opens the function that writes the words of one event into `out[at, at + ROW_WORDS)`. */
export function createRowHash({ rules, key, side, seed, layout }: RowEncoderOptions) {
  const hasher = new RowHasher(seed);
  const reading = createReading(rules);
  // What is not compared may well be what the key is made of.
  const keyReading = createReading({ ...rules, ignore: [], only: [], nullIsMissing: false });
  const keyText = createKeyText(key, rules);
  const isPlain = leavesValues(rules);
  const hashTableRow = layout === undefined ? undefined : createTableRowHash(layout, rules);
  const hashText = (text: string, out: Uint32Array, at: number) => {
    const bytes = Buffer.from(text);
    hasher.hashBytes(bytes, 0, bytes.length, out, at);
  };
  return (event: RowEvent, out: Uint32Array, at: number): void => {
    const isLeft = isPlain && key.kind !== 'fields' && hashTableRow === undefined;
    const value = isLeft ? undefined : parseExact(textOf(event));
    if (value !== undefined) hashTableRow?.(value, out, at + ROW_WORDS);
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
