import type { EventCursor } from '../../../event/event.js';
import { createTimeReader } from '../../../event/time.js';
import type { Encoded, Encoder, Rejection } from '../../sink.js';
import { arrange } from './arrange.js';
import { ByteWriter } from './byte-writer.js';
import { viewOf } from './copy-bytes.js';
import type { EncodedRows, RowGroup } from './encoded-rows.js';
import { KeyColumns } from './key-columns.js';
import type { PostgresEncoderOptions } from './options.js';
import { RowGroups } from './row-groups.js';
import { keyStart, type RowKeys } from './row-order.js';
import { RowStore } from './row-store.js';
import { createRowWriter, type PartitionKeyReader, type RowWriter } from './row-writer.js';

/** Turns events into rows for COPY; runs in a worker and never does I/O. */
export function createEncoder(options: unknown): Encoder {
  return new PostgresEncoder(options as PostgresEncoderOptions); // made by the sink that names this module
}

class PostgresEncoder implements Encoder {
  private readonly store: RowStore;
  private readonly writer: RowWriter;
  private readonly partitionKey: PartitionKeyReader;
  private readonly groups: RowGroups;
  private readonly idIsFirst: boolean;

  constructor(private readonly options: PostgresEncoderOptions) {
    const zoned = createTimeReader({ timezone: options.timezone });
    const { row, partitionKey } = createRowWriter(options, { zoned, utc: createTimeReader({ timezone: 'UTC' }) });
    this.writer = row;
    this.store = new RowStore(row.width);
    this.partitionKey = partitionKey;
    this.idIsFirst = options.columns[options.key[0] ?? -1]?.source.kind === 'id';
    this.groups = new RowGroups(options.routing, partitionKey.pointer);
  }

  add(event: EventCursor, index: number): Rejection | undefined {
    const { store, writer } = this;
    const converted = store.converted.position;
    const keys = store.keys.position;
    let refusal = writer.write(store, event);
    if (refusal === undefined) {
      const time = this.options.routing === undefined ? 0 : this.partitionKey.timeOf(event);
      const group = this.groups.groupOf(time, writer.omitted);
      if ('rows' in group) {
        group.rows.push(store.count);
        store.keep(index, writer.size);
        return undefined;
      }
      refusal = group;
    }
    store.drop(converted, keys);
    return refusal;
  }

  finish(text: Uint8Array): Encoded {
    const data = this.encodedRows(viewOf(text));
    this.store.clear();
    const arrays = [data.rows, data.rowEnds, data.events, ...data.keys.flatMap(({ bytes, ends }) => [bytes, ends])];
    return { data, transfer: arrays.map((array) => array.buffer as ArrayBuffer) }; // all were allocated here
  }

  private encodedRows(text: DataView): EncodedRows {
    const { store } = this;
    const rowEnds = new Uint32Array(store.count);
    const events = new Uint32Array(store.count);
    const keys: RowKeys = { bytes: store.keys.bytes, ends: store.keyEnds };
    const keyColumns = new KeyColumns(this.options.key.length, store.count, store.keys.position);
    const groups: RowGroup[] = [];
    let otherTimes = 0;
    let end = 0;
    for (const open of this.groups.take()) {
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
    const { store, writer } = this;
    const rows = new ByteWriter(store.size);
    for (let row = 0; row < store.count; row++) {
      rows.position = store.places[row] as number; // every row has its place
      writer.assemble(store, row, text, rows);
    }
    return new Uint8Array(rows.view.buffer);
  }
}
