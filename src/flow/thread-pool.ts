import type { Worker } from 'node:worker_threads';

/** What a worker answers to each input, in the order of the inputs. */
export type WorkerAnswer<Output> =
  | { readonly kind: 'done'; readonly output: Output }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Several threads that do the same work on whatever they are given. */
export interface ThreadPool<Input, Output> extends AsyncDisposable {
  readonly threads: number;
  /** Answers in the order of the calls. @throws what the work threw, or that the thread has died. */
  run(input: Input, transfer: readonly ArrayBuffer[]): Promise<Output>;
}

interface PoolOptions {
  /** Module that calls `serve`. */
  readonly worker: URL;
  /** Plain data that each thread is opened with. */
  readonly data: unknown;
  /** At least 1. */
  readonly threads: number;
}

/** Opens a pool of `threads` workers. */
export function openThreadPool<Input, Output>(options: PoolOptions): ThreadPool<Input, Output> {
  const { threads } = options;
  const workers = Array.from({ length: threads }, () => openThread<Input, Output>(options));
  let calls = 0;
  return {
    threads,
    // Round robin keeps the batches of one part spread evenly and the answers in order.
    run: (input, transfer) => (workers[calls++ % threads] as Thread<Input, Output>).run(input, transfer), // the index is below the length
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

interface Thread<Input, Output> {
  run(input: Input, transfer: readonly ArrayBuffer[]): Promise<Output>;
  close(): Promise<void>;
}

interface Waiter<Output> {
  readonly resolve: (output: Output) => void;
  readonly reject: (error: unknown) => void;
}

function openThread<Input, Output>({ worker: module, data }: PoolOptions): Thread<Input, Output> {
  const { Worker: Thread } = process.getBuiltinModule('node:worker_threads');
  const worker: Worker = new Thread(module, { workerData: data, resourceLimits: { maxYoungGenerationSizeMb: 12 } });
  const waiters: Waiter<Output>[] = [];
  let death: Error | undefined;
  const die = (error: Error) => {
    death ??= error;
    for (const waiter of waiters.splice(0)) waiter.reject(death);
  };
  worker.on('message', (answer: WorkerAnswer<Output>) => {
    const waiter = waiters.shift();
    if (answer.kind === 'done') waiter?.resolve(answer.output);
    else waiter?.reject(answer.error);
  });
  worker.on('error', die);
  worker.on('messageerror', die);
  worker.on('exit', (code) => die(new Error(`a worker thread ended with code ${code}`)));
  return {
    run(input, transfer) {
      return new Promise((resolve, reject) => {
        if (death !== undefined) {
          reject(death);
          return;
        }
        worker.postMessage(input, transfer);
        waiters.push({ resolve, reject });
      });
    },
    close: async () => {
      await worker.terminate();
    },
  };
}
