import type { Source } from '../sources/source.js';

/** Below this size the start of worker threads costs more than they save. */
const WORTH_THREADS_BYTES = 8 * 1_024 * 1_024;

interface Work {
  readonly source: Source;
  readonly jobs: number;
  /** Whether it was so small that looking at its beginning has read it all. */
  readonly isWhole?: boolean;
}

/**
 * How many threads prepare events; 0 for none beside the main one. Counting occurrences of identical events needs one
 * thread that sees them all in order.
 */
export function threadsFor(
  { source, jobs, isWhole = false }: Work,
  { identical }: { readonly identical: 'merge' | 'keep' },
): number {
  if (identical === 'keep' || isWhole) return 0;
  const bytes = source.parts.reduce((sum, part) => sum + (part.bytes ?? Number.POSITIVE_INFINITY), 0);
  return bytes < WORTH_THREADS_BYTES ? 0 : jobs;
}
