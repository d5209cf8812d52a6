import type { EventCursor } from '../../../event/event.js';
import type { Rejection } from '../../sink.js';
import { BinaryRow } from './binary-row.js';
import type { ByteWriter } from './byte-writer.js';
import type { PostgresEncoderOptions } from './options.js';
import { createRowColumns, pointerOf, type RowColumn, type TimeReaders } from './row-column.js';
import type { RowStore } from './row-store.js';
import { TextRow } from './text-row.js';

/** Writes the rows of one table: their fields first, one event at a time, and each whole row once its place is known. */
export interface RowWriter {
  /** Fields of a row in the store. */
  readonly width: number;
  /** Columns of the last row that are left to their defaults, as bits. */
  readonly omitted: number;
  /** Bytes that `assemble` will write for the last row. */
  readonly size: number;
  /** Puts the event's fields and its key into the store; after a rejection they must be dropped. */
  write(store: RowStore, event: EventCursor): Rejection | undefined;
  /** Appends a row in its final form. There must be room for it. */
  assemble(store: RowStore, row: number, text: DataView, out: ByteWriter): void;
}

/** What finds the partition of an event's row. */
export interface PartitionKeyReader {
  /** The partition key as an instant; NaN when it is none. */
  timeOf(event: EventCursor): number;
  /** Pointer to what feeds the key. */
  readonly pointer: string;
}

interface RowWriting {
  readonly row: RowWriter;
  readonly partitionKey: PartitionKeyReader;
  /** The columns of binary rows, those of the key first, as they stand in the key. */
  readonly columns?: readonly RowColumn[];
}

/** Opens the writer of a table's rows, and the reader of its partition key. */
export function createRowWriter(options: PostgresEncoderOptions, readers: TimeReaders): RowWriting {
  const columns = createRowColumns(options, readers);
  const key = options.key.flatMap((index) => columns[index] ?? []);
  if (options.format === 'text') return { row: new TextRow(columns, key), partitionKey: partitionKeyOf(columns) };
  const ordered = [...key, ...columns.filter((column) => !key.includes(column))];
  return { row: new BinaryRow(columns, ordered), partitionKey: partitionKeyOf(columns), columns: ordered };
}

function partitionKeyOf(columns: readonly RowColumn[]): PartitionKeyReader {
  const partition = columns.find(({ isPartition }) => isPartition);
  if (partition === undefined || partition.plan.source.kind === 'time') {
    return { timeOf: ({ timeUs }) => timeUs, pointer: partition ? pointerOf(partition) : '' };
  }
  const { reader, readTime } = partition;
  const timeOf = (event: EventCursor) => {
    const value = reader.value(event);
    if (typeof value !== 'number') return readTime(value);
    reader.locate(event);
    return readTime(value, Buffer.from(event.text.subarray(reader.start, reader.end)).toString());
  };
  return { timeOf, pointer: reader.pointer };
}
