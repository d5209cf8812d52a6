import { workerData } from 'node:worker_threads';
import { serve } from '../serve.js';
import { createPreparer } from './preparer.js';
import type { PrepareInput, PrepareSpec } from './spec.js';
import { transferOf } from './transfer.js';

serve({
  opened: createPreparer(workerData as PrepareSpec), // given by the pool as it starts the worker
  work: (preparer, input: PrepareInput) => preparer.prepare(input),
  transferOf,
});
