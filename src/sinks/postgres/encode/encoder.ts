import type { EventCursor } from '../../../event/event.js';
import type { CsvRows } from '../../../event/rows/csv-rows.js';
import type { RowShape } from '../../../event/rows/row-shape.js';
import { createTimeReader } from '../../../event/time.js';
import type { Encoded, Encoder, Rejection, RowTaker } from '../../sink.js';
import { arrange } from './arrange.js';
import { ByteWriter } from './byte-writer.js';
import { type CellRow, openCellRow } from './cell-row.js';
import { viewOf } from './copy-bytes.js';
import type { EncodedRows, RowGroup } from './encoded-rows.js';
import { KeyColumns } from './key-columns.js';
import type { PostgresEncoderOptions } from './options.js';
import type { RowColumn } from './row-column.js';
import { RowGroups } from './row-groups.js';
import { keyStart, type RowKeys } from './row-order.js';
import { RowStore } from './row-store.js';
import { createRowWriter, type PartitionKeyReader, type RowWriter } from './row-writer.js';

/** Turns events into rows for COPY; runs in a worker and never does I/O. */
export function createEncoder(options: unknown): Encoder {
  return new PostgresEncoder(options as PostgresEncoderOptions); // made by the sink that names this module
}

/** What a writer says of the row that it wrote last. */
type Written = Pick<RowWriter, 'omitted' | 'size'>;

class PostgresEncoder implements Encoder {
  private readonly store: RowStore;
  private readonly writer: RowWriter;
  private readonly partitionKey: PartitionKeyReader;
  private readonly groups: RowGroups;
  private readonly idIsFirst: boolean;
  private readonly columns: readonly RowColumn[] | undefined;

  constructor(private readonly options: PostgresEncoderOptions) {
    const zoned = createTimeReader({ timezone: options.timezone });
    const { row, partitionKey, columns } = createRowWriter(options, {
      zoned,
      utc: createTimeReader({ timezone: 'UTC' }),
    });
    this.writer = row;
    this.columns = columns;
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
      refusal = this.keep(index, time, writer);
    }
    if (refusal !== undefined) store.drop(converted, keys);
    return refusal;
  }

  rows(shape: RowShape): RowTaker | undefined {
    const row = this.columns && openCellRow(this.columns, shape);
    return row && { take: (rows, event, index) => this.take(row, rows, event, index) };
  }

  private take(row: CellRow, rows: CsvRows, event: EventCursor, index: number): boolean {
    const { store } = this;
    const converted = store.converted.position;
    const keys = store.keys.position;
    if (row.write(store, rows, event)) {
      const time = this.options.routing === undefined ? 0 : row.timeOf(rows, event);
      if (this.keep(index, time, row) === undefined) return true;
    }
    store.drop(converted, keys);
    return false;
  }

  /** Keeps the row that was written into the store in the group that it belongs to. */
  private keep(index: number, timeUs: number, { omitted, size }: Written): Rejection | undefined {
    const { store } = this;
    const group = this.groups.groupOf(timeUs, omitted);
    if (!('rows' in group)) return group;
    group.rows.push(store.count);
    store.keep(index, size);
    return undefined;
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
