/** A table whose rows are messages: where they lie, which of them are dead, how one is removed. All texts are SQL. */
export interface TableLayout {
  /** The service in letters and labels: `pgboss`, `que`, `postgres`. */
  readonly kind: string;
  /** The queue as the user named it. */
  readonly queue: string;
  /** The table that rows are read and removed from, quoted; it is `t` in every expression. */
  readonly table: string;
  /** True for the rows that are messages and still dead; it is asked again when one is removed. */
  readonly isDead: string;
  /** The columns that tell a row from all others, in the order of an index. */
  readonly key: readonly KeyColumn[];
  readonly letter: LetterColumns;
  readonly removal: { readonly kind: 'delete' } | { readonly kind: 'update'; readonly set: string };
  /** When a row will be deleted by its service; absent where that is never or not known. */
  readonly expiresAt?: string;
  readonly isDeadLetters: boolean;
  /** What makes it dead letters or not, in a clause. */
  readonly why: string;
  readonly warnings: readonly string[];
}

export interface KeyColumn {
  readonly name: string;
  readonly type: string;
}

/** Expressions for what a letter says; only the body is always there. Times are timestamps. */
export interface LetterColumns {
  readonly body: string;
  readonly id?: string;
  readonly name?: string;
  readonly origin?: string;
  readonly sentAt?: string;
  readonly failedAt?: string;
  readonly deliveries?: string;
  readonly errorClass?: string;
  readonly errorMessage?: string;
}
