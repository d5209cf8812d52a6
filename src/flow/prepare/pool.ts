import { Worker } from 'node:worker_threads';
import { createPreparer } from './preparer.js';
import type { PreparedBatch, PrepareInput, PrepareSpec } from './spec.js';
import type { WorkerAnswer } from './worker.js';

/** Prepares batches on several threads, or on this one. */
export interface PreparePool extends AsyncDisposable {
  /** Batches that can be under way at once without one waiting for another. */
  readonly threads: number;
  /** Answers in the order of the calls. The bytes of the input are gone for the caller. */
  prepare(input: PrepareInput): Promise<PreparedBatch>;
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
  const workers = Array.from({ length: threads }, () => openThread(spec));
  let calls = 0;
  return {
    threads,
    // Round robin keeps the batches of one part spread evenly and the answers in order.
    prepare: (input) => (workers[calls++ % threads] as Thread).prepare(input), // the index is below the length
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

interface Thread {
  prepare(input: PrepareInput): Promise<PreparedBatch>;
  close(): Promise<void>;
}

interface Waiter {
  readonly resolve: (batch: PreparedBatch) => void;
  readonly reject: (error: unknown) => void;
}

function openThread(spec: PrepareSpec): Thread {
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: spec,
    resourceLimits: { maxYoungGenerationSizeMb: 12 },
  });
  const waiters: Waiter[] = [];
  let death: Error | undefined;
  const die = (error: Error) => {
    death ??= error;
    for (const waiter of waiters.splice(0)) waiter.reject(death);
  };
  worker.on('message', (answer: WorkerAnswer) => {
    const waiter = waiters.shift();
    if (answer.kind === 'prepared') waiter?.resolve(answer.batch);
    else waiter?.reject(answer.error);
  });
  worker.on('error', die);
  worker.on('messageerror', die);
  worker.on('exit', (code) => die(new Error(`a worker thread ended with code ${code}`)));
  return {
    prepare(input) {
      return new Promise((resolve, reject) => {
        if (death !== undefined) {
          reject(death);
          return;
        }
        waiters.push({ resolve, reject });
        const buffers = [input.bytes, input.spans, input.spanLines].flatMap((column) => column?.buffer ?? []);
        worker.postMessage(input, [...new Set(buffers)]);
      });
    },
    close: async () => {
      await worker.terminate();
    },
  };
}
