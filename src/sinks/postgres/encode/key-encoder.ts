import type { EventCursor } from '../../../event/event.js';
import type { RowShape } from '../../../event/rows/row-shape.js';
import type { Encoded, Encoder, Rejection, RowTaker } from '../../sink.js';
import type { EncodedRows, RowGroup } from './encoded-rows.js';
import { KeyColumns } from './key-columns.js';
import type { PostgresEncoderOptions } from './options.js';
import { RowIntake } from './row-intake.js';
import { keyStart } from './row-order.js';

/** Turns events into their keys, as `createEncoder` would, and into no rows; runs in a worker and never does I/O. */
export function createKeyEncoder(options: unknown): Encoder {
  return new KeyEncoder(keysOf(options as PostgresEncoderOptions)); // made by the sink that names this module
}

/** Keys in the order of arrival, group by group: those that repeat another one stand where they came. */
class KeyEncoder implements Encoder {
  private readonly intake: RowIntake;

  constructor(private readonly options: PostgresEncoderOptions) {
    this.intake = new RowIntake(options);
  }

  add(event: EventCursor, index: number): Rejection | undefined {
    return this.intake.add(event, index);
  }

  rows(shape: RowShape): RowTaker | undefined {
    return this.intake.rows(shape);
  }

  finish(): Encoded {
    const data = this.encodedKeys();
    this.intake.store.clear();
    const arrays = [data.events, ...data.keys.flatMap(({ bytes, ends }) => [bytes, ends])];
    return { data, transfer: arrays.map((array) => array.buffer as ArrayBuffer) }; // all were allocated here
  }

  private encodedKeys(): EncodedRows {
    const { store, groups: open } = this.intake;
    const events = new Uint32Array(store.count);
    const keys = new KeyColumns(this.options.key.length, store.count, store.keys.position);
    const stored = { bytes: store.keys.bytes, ends: store.keyEnds };
    const groups: RowGroup[] = [];
    let end = 0;
    for (const { target, omitted, rows } of open.take()) {
      const first = end;
      for (const row of rows) {
        events[end++] = store.events[row] as number; // every row has its event
        keys.append(store.keys.view, keyStart(stored, row));
      }
      groups.push({ target, omitted, first, firstRepeat: end, end, repeated: NONE });
    }
    return { rows: NO_BYTES, rowEnds: NONE, events, keys: keys.take(), groups, otherTimes: 0 };
  }
}

const NONE = new Uint32Array(0);
const NO_BYTES = new Uint8Array(0);

/** The same table with the columns of its key and of its partition key alone. */
function keysOf({ columns, key, routing, ...rest }: PostgresEncoderOptions): PostgresEncoderOptions {
  const kept = [...new Set(routing === undefined ? key : [...key, routing.column])];
  return {
    ...rest,
    columns: kept.flatMap((index) => columns[index] ?? []),
    key: key.map((_, at) => at),
    routing: routing && { ...routing, column: kept.indexOf(routing.column) },
  };
}
