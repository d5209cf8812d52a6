import { buffersOf } from '../flow/prepare/buffers.js';
import { openThreadPool } from '../flow/thread-pool.js';
import type { BatchFindings, ExaminationInput, ExaminationSpec } from './examination.js';
import { createExaminer } from './examiner.js';

/** Examines batches on several threads, or on this one. */
export interface ExaminerPool extends AsyncDisposable {
  /** Batches that can be under way at once without one waiting for another. */
  readonly threads: number;
  /** Answers each input by itself, in the order of the calls. The bytes of the inputs are gone for the caller. */
  examine(inputs: readonly ExaminationInput[]): Promise<readonly BatchFindings[]>;
}

/** Opens a pool of `threads` workers; 0 examines on the calling thread, which small inputs are better off with. */
export async function openExaminerPool(spec: ExaminationSpec, threads: number): Promise<ExaminerPool> {
  if (threads === 0) return openInline(spec);
  const worker = new URL('./worker.js', import.meta.url);
  const pool = openThreadPool<readonly ExaminationInput[], readonly BatchFindings[]>({ worker, data: spec, threads });
  return {
    threads,
    examine: (inputs) => pool.run(inputs, [...new Set(inputs.flatMap(buffersOf))]),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

async function openInline(spec: ExaminationSpec): Promise<ExaminerPool> {
  const examiner = await createExaminer(spec);
  return {
    threads: 1,
    examine: async (inputs) => inputs.map((input) => examiner.examine(input)),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
