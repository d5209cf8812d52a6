import type { PrepareInput } from './spec.js';

/** The buffers of a raw batch, which move to the thread that takes it. */
export function buffersOf({ bytes, spans, spanLines }: Pick<PrepareInput, 'bytes' | 'spans' | 'spanLines'>) {
  return [...new Set([bytes, spans, spanLines].flatMap((column) => column?.buffer ?? []))];
}
