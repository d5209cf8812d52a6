import type { PeriodScheme } from '../partition-scheme.js';

/** How a column's values are written. `array` is written as an array literal, `other` as its own input syntax. */
export type WireType =
  | 'text'
  | 'uuid'
  | 'bool'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'float4'
  | 'float8'
  | 'numeric'
  | 'timestamptz'
  | 'timestamp'
  | 'date'
  | 'json'
  | 'jsonb'
  | 'array'
  | 'other';

/** What fills a column. */
export type ColumnSource =
  | { readonly kind: 'id' }
  | { readonly kind: 'time' }
  | { readonly kind: 'name' }
  /** The whole event. */
  | { readonly kind: 'event' }
  | { readonly kind: 'pointer'; readonly pointer: readonly string[] };

export interface EncodedColumn {
  readonly name: string;
  readonly type: WireType;
  readonly source: ColumnSource;
  readonly notNull: boolean;
  /** Whether a row whose event lacks the value leaves the column to its default. */
  readonly hasDefault: boolean;
}

/** Where rows of a table partitioned by ranges of time go. Bounds are microseconds since the Unix epoch. */
export interface PartitionRouting {
  /** Index of the partition key in the columns. */
  readonly column: number;
  /** Sorted and free of overlaps: partition `i` holds `[from[i], to[i])`. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** Whether a row without a partition is taken by the DEFAULT partition. */
  readonly hasDefault: boolean;
  /** How missing partitions are cut; undefined when none can be made. */
  readonly scheme: PeriodScheme | undefined;
  /** Partitions are made only inside this range; `to` is exclusive. */
  readonly within: { readonly fromUs: number; readonly toUs: number } | undefined;
}

/** What the encoder of a table needs to know: plain data, made by the sink and sent to workers. */
export interface PostgresEncoderOptions {
  readonly format: 'binary' | 'text';
  readonly columns: readonly EncodedColumn[];
  /** Indexes of the key's columns, in the order of the index. */
  readonly key: readonly number[];
  readonly routing: PartitionRouting | undefined;
  /** Pointer of the event's time as the user wrote it, for messages. */
  readonly timePointer: readonly string[];
  /** IANA zone for times that name none. */
  readonly timezone: string;
}
