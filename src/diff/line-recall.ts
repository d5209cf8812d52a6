import type { DecodedRecord } from '../event/event.js';
import type { RecalledEvent } from '../sinks/sink.js';
import { HashKind, KeyedHash } from './keyed-hash.js';
import { openKnownLines } from './known-lines.js';

/** What the encoder of a side does with lines: it hashes those of the first side, and knows them again on the other. */
export interface LineRecall {
  /** Writes the hash of a line into `out[at, at + 4)`, as long as lines are collected. */
  note(record: Bytes, out: Uint32Array, at: number): void;
  /** What a line has become on the first side; undefined as long as lines are collected, and for a line that is new. */
  recall(record: DecodedRecord): RecalledEvent | undefined;
  /** Copies the row of the line that was recalled last. */
  copyRow(out: Uint32Array, at: number): void;
}

type Bytes = Pick<DecodedRecord, 'text' | 'start' | 'end'>;

/** After so many lines it is known whether looking them up pays. */
const TRIAL = 256;
const LEAST_FOUND = TRIAL / 16;
/** Lines that are parsed before the next trial. */
const REST = 16_384;

/**
 * Opens the recall of lines over memory of `createKnownLines`.
 * @param seed the words under which lines are hashed on both sides.
 */
export function createLineRecall(memory: SharedArrayBuffer, seed: readonly number[]): LineRecall {
  const lines = openKnownLines(memory);
  const hash = new KeyedHash(seed);
  const event = { name: '', timeUs: Number.NaN };
  let entry = 0;
  let tried = 0;
  let found = 0;
  let rest = 0;
  const hashLine = ({ text, start, end }: Bytes) => {
    hash.turnTo(text);
    hash.hash(start, end, HashKind.line);
  };
  /** Looking for lines that are mostly new costs more than it saves. */
  const isWorthIt = (): boolean => {
    if (tried === TRIAL) {
      if (found < LEAST_FOUND) rest = REST;
      tried = 0;
      found = 0;
    }
    if (rest > 0) rest--;
    else tried++;
    return rest === 0;
  };
  return {
    note(record, out, at) {
      if (lines.isTold()) return;
      hashLine(record);
      hash.write(out, at);
    },
    recall(record) {
      if (!lines.isTold() || !isWorthIt()) return undefined;
      hashLine(record);
      entry = lines.find(hash);
      if (entry < 0) return undefined;
      found++;
      event.name = lines.name(entry);
      event.timeUs = lines.timeUs(entry);
      return event;
    },
    copyRow: (out, at) => lines.copyRow(entry, out, at),
  };
}
