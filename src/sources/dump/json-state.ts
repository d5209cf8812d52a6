/** What is taken for a record. */
export interface JsonOptions {
  /** Whether a file is one JSON text, so that whatever stands behind it is a problem. */
  readonly isSingle: boolean;
  /** Whether a top-level array is one record instead of many. */
  readonly keepsArrays?: boolean;
  readonly batchRecords: number;
}

/** Where reading stands between two values. */
export interface JsonState {
  /** `unknown`: behind settled or broken records, in a top-level array or not. */
  readonly context: 'top' | 'array' | 'unknown';
  /** In an array: what may come next. */
  readonly expects: 'first' | 'value' | 'comma';
  /** Behind a broken value: the next one begins on a line that is indented no further. */
  readonly resumeWithin: number | undefined;
  /** The one JSON text has ended: what is left is `trailing`, and once reported, `passed`. */
  readonly rest: 'none' | 'trailing' | 'passed';
}

/** The state in front of the first byte. */
export const startOfFile: JsonState = { context: 'top', expects: 'first', resumeWithin: undefined, rest: 'none' };
