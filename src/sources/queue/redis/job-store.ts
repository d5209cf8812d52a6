import type { Message } from '../driver.js';

/** What became of a removal: gone now, not there any more, or there but not to be removed. */
export type Removal = 'removed' | 'gone' | 'kept';

/** Jobs of one queue in Redis. They are not leased: what is not removed is still there. */
export interface JobStore {
  /** The next jobs, oldest first, each at most once; none when what was there at the start has been read. */
  next(signal: AbortSignal): Promise<readonly Message<string | Buffer>[]>;
  /** Removes jobs in one step of the server. */
  remove(handles: readonly (string | Buffer)[]): Promise<readonly Removal[]>;
}

/** The answers of a script, one number a job: 1 removed, 0 gone, -1 kept. */
export function removals(answers: unknown): readonly Removal[] {
  if (!Array.isArray(answers)) return [];
  return answers.map((answer) => (answer === 1 ? 'removed' : answer === -1 ? 'kept' : 'gone'));
}
