import type { EventCursor } from '../../../event/event.js';
import type { CsvRows } from '../../../event/rows/csv-rows.js';
import type { RowShape } from '../../../event/rows/row-shape.js';
import { createTimeReader } from '../../../event/time.js';
import type { Rejection, RowTaker } from '../../sink.js';
import { type CellRow, openCellRow } from './cell-row.js';
import type { PostgresEncoderOptions } from './options.js';
import type { RowColumn } from './row-column.js';
import { RowGroups } from './row-groups.js';
import { RowStore } from './row-store.js';
import { createRowWriter, type PartitionKeyReader, type RowWriter } from './row-writer.js';

/** What a writer says of the row that it wrote last. */
type Written = Pick<RowWriter, 'omitted' | 'size'>;

/** Takes the events of a batch into a store, each as a row of its group. */
export class RowIntake {
  readonly store: RowStore;
  readonly groups: RowGroups;
  readonly writer: RowWriter;
  private readonly partitionKey: PartitionKeyReader;
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
}
