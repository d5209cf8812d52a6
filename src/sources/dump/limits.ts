import type { BatchLimits } from './cut.js';
import type { DumpOptions } from './options.js';

/** So much of a text tells what it is. */
export const headBytes = 64 * 1024;

/** The limits that are asked for, or the usual ones. */
export function limitsOf({ batchBytes, batchRecords, maxRecordBytes }: DumpOptions): BatchLimits {
  return {
    batchBytes: batchBytes ?? 4 * 1024 * 1024,
    batchRecords: batchRecords ?? 8_000,
    maxRecordBytes: maxRecordBytes ?? 64 * 1024 * 1024,
  };
}
