import type { EventCursor } from '../../../event/event.js';
import type { RowShape } from '../../../event/rows/row-shape.js';
import type { Encoded, Encoder, Rejection, RowTaker } from '../../sink.js';
import { arrange } from './arrange.js';
import { ByteWriter } from './byte-writer.js';
import { viewOf } from './copy-bytes.js';
import type { EncodedRows, RowGroup } from './encoded-rows.js';
import { KeyColumns } from './key-columns.js';
import type { PostgresEncoderOptions } from './options.js';
import { RowIntake } from './row-intake.js';
import { keyStart, type RowKeys } from './row-order.js';

/** Turns events into rows for COPY; runs in a worker and never does I/O. */
export function createEncoder(options: unknown): Encoder {
  return new PostgresEncoder(options as PostgresEncoderOptions); // made by the sink that names this module
}

class PostgresEncoder implements Encoder {
  private readonly intake: RowIntake;
  private readonly idIsFirst: boolean;

  constructor(private readonly options: PostgresEncoderOptions) {
    this.intake = new RowIntake(options);
    this.idIsFirst = options.columns[options.key[0] ?? -1]?.source.kind === 'id';
  }

  add(event: EventCursor, index: number): Rejection | undefined {
    return this.intake.add(event, index);
  }

  rows(shape: RowShape): RowTaker | undefined {
    return this.intake.rows(shape);
  }

  finish(text: Uint8Array): Encoded {
    const data = this.encodedRows(viewOf(text));
    this.intake.store.clear();
    const arrays = [data.rows, data.rowEnds, data.events, ...data.keys.flatMap(({ bytes, ends }) => [bytes, ends])];
    return { data, transfer: arrays.map((array) => array.buffer as ArrayBuffer) }; // all were allocated here
  }

  private encodedRows(text: DataView): EncodedRows {
    const { store } = this.intake;
    const rowEnds = new Uint32Array(store.count);
    const events = new Uint32Array(store.count);
    const keys: RowKeys = { bytes: store.keys.bytes, ends: store.keyEnds };
    const keyColumns = new KeyColumns(this.options.key.length, store.count, store.keys.position);
    const groups: RowGroup[] = [];
    let otherTimes = 0;
    let end = 0;
    for (const open of this.intake.groups.take()) {
      const { order, group, twins } = arrange(open, keys, groups.at(-1)?.end ?? 0);
      for (let i = 0; i < order.length; i++) {
        const row = order[i] as number; // within bounds by the loop condition
        const at = group.first + i;
        store.places[row] = end;
        end += store.sizes[row] as number; // every row has its size
        rowEnds[at] = end;
        events[at] = store.events[row] as number; // every row has its event
        keyColumns.append(store.keys.view, keyStart(keys, row));
      }
      if (this.idIsFirst) otherTimes += twins;
      groups.push(group);
    }
    return { rows: this.assembled(text), rowEnds, events, keys: keyColumns.take(), groups, otherTimes };
  }

  /** Writes the rows in the order of arrival, each at its place: reading in order is worth more than writing in order. */
  private assembled(text: DataView): Uint8Array {
    const { store, writer } = this.intake;
    const rows = new ByteWriter(store.size);
    for (let row = 0; row < store.count; row++) {
      rows.position = store.places[row] as number; // every row has its place
      writer.assemble(store, row, text, rows);
    }
    return new Uint8Array(rows.view.buffer);
  }
}
