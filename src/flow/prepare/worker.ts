import { parentPort, workerData } from 'node:worker_threads';
import { createPreparer } from './preparer.js';
import type { PreparedBatch, PrepareInput, PrepareSpec } from './spec.js';
import { transferOf } from './transfer.js';

/** What a worker answers to each input, in the order of the inputs. */
export type WorkerAnswer =
  | { readonly kind: 'prepared'; readonly batch: PreparedBatch }
  | { readonly kind: 'failed'; readonly error: unknown };

const port = parentPort;
if (port === null) throw new Error('this module runs in a worker thread');

const preparer = createPreparer(workerData as PrepareSpec); // given by the pool as it starts the worker
// A failure to open is answered to each input instead of ending the worker unheard.
preparer.catch(() => undefined);

port.on('message', (input: PrepareInput) => {
  void preparer
    .then((open) => {
      const batch = open.prepare(input);
      port.postMessage({ kind: 'prepared', batch } satisfies WorkerAnswer, transferOf(batch));
    })
    .catch((error: unknown) => port.postMessage({ kind: 'failed', error } satisfies WorkerAnswer));
});
