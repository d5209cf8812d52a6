import type { CsvDialect } from './csv-dialect.js';

/** What the cells of a column hold. */
export interface CellType {
  readonly kind: 'text' | 'integer' | 'number' | 'boolean' | 'json';
  /** Whether an empty cell may become null. */
  readonly nullable: boolean;
}

/** How the rows of a file are read: plain data. */
export interface RowShape extends CsvDialect {
  /** Names of the columns, each once. */
  readonly columns: readonly string[];
  /** What each column holds. */
  readonly types: readonly CellType[];
}
