import { SinkUnavailableError } from '../errors.js';
import { pause } from '../pause.js';
import { kindOf, sqlError } from './sql-error.js';

export interface RetryOptions {
  readonly label: string;
  readonly retryForMs: number;
  readonly onWait: ((note: string) => void) | undefined;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
/** So often is a deadlock tried again even when the time is up: each takes the server a second to see. */
const FEWEST_QUICK_ATTEMPTS = 20;
/** A deadlock or a serialization failure is over as soon as it is reported: wait a moment only. */
const SHORT_WAIT_CODES = new Set(['40001', '40P01']);

/**
 * Tries again while the server is down, busy, full or failing over, with growing and scattered pauses.
 * @throws SinkUnavailableError when the time is up (`wait`), or at once when trying again cannot help (`mend`).
 */
export async function withRetry<T>(work: () => Promise<T>, options: RetryOptions, signal: AbortSignal): Promise<T> {
  let until = 0;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const kind = kindOf(error);
      if (kind === undefined) throw error;
      const isQuick = SHORT_WAIT_CODES.has(sqlError(error)?.code ?? '');
      const waitMs = waitBefore(attempt, isQuick);
      if (attempt === 0) until = Date.now() + options.retryForMs;
      const isOver = Date.now() + waitMs > until && !(isQuick && attempt < FEWEST_QUICK_ATTEMPTS);
      if (kind !== 'wait' || isOver) throw unavailable(error, options.label, kind);
      options.onWait?.(`${options.label}: ${reasonOf(error)}; trying again in ${(waitMs / 1000).toFixed(1)} s`);
      await pause(waitMs, signal);
    }
  }
}

/** The error in words, without what servers add for machines. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message;
  return error instanceof Error ? error.message : String(error);
}

function waitBefore(attempt: number, isQuick: boolean): number {
  const ceiling = isQuick ? FIRST_WAIT_MS * 2 : LONGEST_WAIT_MS;
  const grown = Math.min(ceiling, FIRST_WAIT_MS * 2 ** attempt);
  return grown / 2 + (Math.random() * grown) / 2;
}

function unavailable(error: unknown, label: string, kind: 'wait' | 'mend' | 'data'): SinkUnavailableError {
  return new SinkUnavailableError(`${label}: ${reasonOf(error)}`, {
    cure: kind === 'wait' ? 'wait' : 'mend',
    cause: error,
  });
}
