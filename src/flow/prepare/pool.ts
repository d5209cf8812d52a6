import { openThreadPool } from '../thread-pool.js';
import { buffersOf } from './buffers.js';
import { createPreparer } from './preparer.js';
import { createRelease } from './release.js';
import type { PreparedBatch, PrepareInput, PrepareSpec } from './spec.js';

/** Prepares batches on several threads, or on this one. */
export interface PreparePool extends AsyncDisposable {
  /** Batches that can be under way at once without one waiting for another. */
  readonly threads: number;
  /** Answers in the order of the calls. The bytes of the input are gone for the caller. */
  prepare(input: PrepareInput): Promise<PreparedBatch>;
  /**
   * Gives back the memory of a batch that nobody will look at again: its columns are empty from then on. Absent where the
   * batches are made on the calling thread.
   */
  release?(batch: PreparedBatch): void;
}

/** Opens a pool of `threads` workers; 0 prepares on the calling thread, which small inputs are better off with. */
export async function openPreparePool(spec: PrepareSpec, threads: number): Promise<PreparePool> {
  return threads === 0 ? openInline(spec) : openThreads(spec, threads);
}

async function openInline(spec: PrepareSpec): Promise<PreparePool> {
  const preparer = await createPreparer(spec);
  return {
    threads: 1,
    prepare: async (input) => preparer.prepare(input),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function openThreads(spec: PrepareSpec, threads: number): PreparePool {
  const worker = new URL('./worker.js', import.meta.url);
  const pool = openThreadPool<PrepareInput, PreparedBatch>({ worker, data: spec, threads });
  return {
    threads,
    prepare: (input) => pool.run(input, buffersOf(input)),
    release: createRelease(),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
