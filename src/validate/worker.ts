import { workerData } from 'node:worker_threads';
import { serve } from '../flow/serve.js';
import type { ExaminationInput, ExaminationSpec } from './examination.js';
import { createExaminer } from './examiner.js';

serve({
  opened: createExaminer(workerData as ExaminationSpec), // given by the pool as it starts the worker
  work: (examiner, inputs: readonly ExaminationInput[]) => inputs.map((input) => examiner.examine(input)),
  transferOf: () => [],
});
