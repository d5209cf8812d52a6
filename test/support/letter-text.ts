import { withLetterLines } from '../../src/sources/letter-batch.js';
import type { RawBatch } from '../../src/sources/source.js';

/** The letters of a batch as a snapshot would hold them, one a line. */
export function letterText(batch: RawBatch): string {
  return Buffer.from(withLetterLines(batch).bytes).toString();
}
