import type { WireType } from './encode/options.js';
import type { Period } from './partition-scheme.js';

/** A table as far as the sink has to know it. */
export interface Table {
  /** Undefined until a table that is missing has been made. */
  readonly oid: string | undefined;
  readonly schema: string;
  readonly name: string;
  /** Without generated columns. */
  readonly columns: readonly TableColumn[];
  /** Unique, valid indexes over plain columns without a condition; the primary key comes first. */
  readonly keys: readonly UniqueKey[];
  readonly partitioning: Partitioning | undefined;
  readonly partitions: readonly Partition[];
  /** Whether rules on rows apply to this role: COPY is refused then. */
  readonly hasRowSecurity: boolean;
  readonly hasInsertTriggers: boolean;
  /** Whether triggers run once a statement on the table itself: rows must not go around it into its partitions. */
  readonly hasStatementTriggers: boolean;
  /** Whether this role owns the table, as making partitions demands. */
  readonly isOwned: boolean;
  /** The zone of sessions that set none. */
  readonly timezone: string | undefined;
  /** Rights that this role lacks: `insert`, `select`. */
  readonly missingRights: readonly string[];
}

export interface TableColumn {
  readonly name: string;
  /** As the server names it: what an array of it is cast to. With a precision that rounds, without a length that cuts. */
  readonly typeName: string;
  readonly typeOid: number;
  readonly wire: WireType;
  readonly texts: Texts;
  readonly notNull: boolean;
  /** The expression of the default, `identity` for identity columns; undefined when there is none. */
  readonly defaultText: string | undefined;
  readonly isGenerated: boolean;
}

/**
 * How texts are kept. `bytes`: as UTF-8, and only the same bytes are equal. `collated`: as UTF-8, but a collation takes others for
 * equal. `recoded`: in another encoding.
 */
export type Texts = 'bytes' | 'collated' | 'recoded';

export interface UniqueKey {
  readonly name: string;
  /** In the order of the index. */
  readonly columns: readonly string[];
}

export interface Partitioning {
  readonly strategy: 'range' | 'list' | 'hash';
  /** The only column of the key; undefined when there are several or an expression. */
  readonly column: string | undefined;
}

/** A direct part of a partitioned table; it may be cut further itself. */
export interface Partition extends Period {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly isDefault: boolean;
  /** Whether rows may go into it directly: this role may, and it fills columns that are left out as its table does. */
  readonly isWritable: boolean;
}
