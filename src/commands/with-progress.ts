import { createProgress, type Progress } from '../report/progress.js';
import type { Io } from './command.js';

/** What the shared options say of progress. */
interface HowMuch {
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/**
 * Shows progress on standard error while `work` goes on, and takes the moving line away however it ends.
 * `said` is what stays on the screen when the user's stop is what ended it.
 */
export async function withProgress<T>(
  call: { readonly io: Io; readonly options: HowMuch; readonly stop?: { readonly finish: AbortSignal } },
  work: (progress: Progress) => Promise<T>,
  said?: string,
): Promise<T> {
  const { io, options, stop } = call;
  const progress = createProgress({
    stream: io.stderr,
    isTTY: io.isTTY.stderr,
    quiet: options.quiet,
    verbose: options.verbose,
    columns: io.columns,
    now: () => performance.now(),
  });
  try {
    return await work(progress);
  } catch (error) {
    if (said !== undefined && stop !== undefined && error === stop.finish.reason) progress.note(said);
    throw error;
  } finally {
    progress.stop();
  }
}
