import type { CopyChunks } from './copy-in.js';

/** A value of a statement: text, or the type's binary form. */
export type Parameter = string | Uint8Array;

/** A row with its columns by name, as the driver parses them. */
export type Row = { readonly [column: string]: unknown };

/** One session with a server. Errors of the server carry `code`, `where`, `constraint` as `SqlError` describes them. */
export interface Connection {
  /** Runs one or many statements without parameters. */
  run(sql: string): Promise<void>;
  /** Runs one statement and resolves to its rows. */
  rows(sql: string, parameters?: readonly Parameter[]): Promise<readonly Row[]>;
  /** Runs a COPY … FROM STDIN and resolves to the number of rows that the server took. */
  copyIn(sql: string, chunks: CopyChunks): Promise<number>;
}

/** Hands out sessions. */
export interface Database extends AsyncDisposable {
  /** How many sessions may be used at once. */
  readonly sessions: number;
  /** Host, port and database, or the folder; without secrets. */
  readonly label: string;
  /**
   * Lends a session for the time of `work`. After an error that leaves the session in doubt it is thrown away.
   * When `signal` aborts, the session is cut and the promise rejects.
   */
  use<T>(work: (connection: Connection) => Promise<T>, signal: AbortSignal): Promise<T>;
}
