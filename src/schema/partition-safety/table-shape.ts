/** A table as far as schemas are held against it: plain data, read from a server or from a DDL file. */
export interface TableShape {
  readonly name: string;
  readonly columns: readonly ShapeColumn[];
  /** Undefined when the table is in one piece. */
  readonly partitioning: ShapePartitioning | undefined;
  /** Unique, valid indexes over plain columns without a condition; the primary key comes first. */
  readonly keys: readonly { readonly name: string; readonly columns: readonly string[] }[];
}

/** One column, with the limits that its type sets. */
export interface ShapeColumn {
  readonly name: string;
  /** As the server names it, with length or precision: `character varying(20)`. */
  readonly type: string;
  readonly kind: ColumnKind;
  /** Characters that fit; undefined when there is no limit. */
  readonly maxLength: number | undefined;
  /** Digits of a numeric; undefined when there is no limit. */
  readonly precision: number | undefined;
  /** Of these digits, those behind the point. */
  readonly scale: number | undefined;
  readonly notNull: boolean;
  /** The expression of the default, `identity` for identity columns; undefined when there is none. */
  readonly defaultText: string | undefined;
  /** Whether the database alone writes it. */
  readonly isGenerated: boolean;
}

/** What a column holds, as far as the checks tell it apart. */
export type ColumnKind =
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

/** How a table is cut. */
export interface ShapePartitioning {
  readonly strategy: 'range' | 'list' | 'hash';
  /** Columns of the partition key, in order; expressions are left out. */
  readonly columns: readonly string[];
  readonly partitions: readonly ShapePartition[];
}

/** A direct part of a partitioned table. */
export interface ShapePartition {
  readonly name: string;
  /** As the server prints them: `FOR VALUES FROM (…) TO (…)` or `DEFAULT`. */
  readonly bounds: string;
  /** Microseconds since the Unix epoch; NaN when the bounds are not one range of time. */
  readonly fromUs: number;
  /** Exclusive. */
  readonly toUs: number;
  readonly isDefault: boolean;
  /** Rows in a default partition, counted up to a million; undefined elsewhere and where they cannot be counted. */
  readonly rows: number | undefined;
}

/** What fills a column. */
export interface ColumnFeed {
  readonly column: string;
  readonly source:
    | { readonly kind: 'id' | 'time' | 'name' | 'event' }
    | { readonly kind: 'pointer'; readonly pointer: readonly string[] };
}
