import { parentPort } from 'node:worker_threads';
import type { WorkerAnswer } from './thread-pool.js';

interface Service<Opened, Input, Output> {
  readonly opened: Promise<Opened>;
  work(opened: Opened, input: Input): Output;
  /** The buffers of an answer that move instead of being copied. */
  transferOf(output: Output): readonly ArrayBuffer[];
}

/**
 * Makes this worker thread answer each input with its output. A failure to open is answered to each input instead of
 * ending the worker unheard.
 */
export function serve<Opened, Input, Output>({ opened, work, transferOf }: Service<Opened, Input, Output>): void {
  const port = parentPort;
  if (port === null) throw new Error('this module runs in a worker thread');
  opened.catch(() => undefined);
  port.on('message', (input: Input) => {
    void opened
      .then((open) => {
        const output = work(open, input);
        port.postMessage({ kind: 'done', output } satisfies WorkerAnswer<Output>, transferOf(output));
      })
      .catch((error: unknown) => port.postMessage({ kind: 'failed', error } satisfies WorkerAnswer<Output>));
  });
}
