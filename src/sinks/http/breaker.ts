import { SinkUnavailableError } from '../../errors.js';

/**
 * Watches over one sink: it counts as dead when nothing has succeeded for a while although it was tried, and at once
 * when it refuses who asks. A sink that is dead stays so for this run.
 */
export interface Breaker {
  /** Aborts when the sink is dead; the reason is the `SinkUnavailableError`. */
  readonly signal: AbortSignal;
  succeeded(): void;
  /** Takes note of a try that will be repeated. @throws SinkUnavailableError when it was one too many. */
  failed(reason: string, waitMs: number): void;
  /**
   * Takes note of a request whose fate is not known and that is not repeated. Several of them in a row end the sink,
   * before more events get lost from sight; the last of them is still the caller's to report.
   */
  lost(reason: string): void;
  /** Ends the sink at once: credentials, rights or certificates are wrong. @throws SinkUnavailableError. */
  refused(reason: string): never;
}

interface BreakerOptions {
  readonly label: string;
  /** How long failures may go on without one success between them. */
  readonly patienceMs: number;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
}

const MOST_LOST_IN_A_ROW = 4;

/** Opens the breaker of a sink. */
export function createBreaker({ label, patienceMs, now }: BreakerOptions): Breaker {
  const dead = new AbortController();
  let failingSince: number | undefined;
  let lostInARow = 0;
  const end = (message: string, cure: 'wait' | 'mend') => {
    if (!dead.signal.aborted) dead.abort(new SinkUnavailableError(`${label}: ${message}`, { cure }));
  };
  return {
    signal: dead.signal,
    succeeded() {
      failingSince = undefined;
      lostInARow = 0;
    },
    failed(reason, waitMs) {
      failingSince ??= now();
      const failingMs = now() - failingSince;
      if (failingMs + waitMs > patienceMs) {
        const asked = waitMs > patienceMs ? ` and it asks for a pause of ${Math.ceil(waitMs / 1_000)} s` : '';
        end(`${reason}; nothing succeeded for ${Math.round(failingMs / 1_000)} s${asked}`, 'wait');
      }
      dead.signal.throwIfAborted();
    },
    lost(reason) {
      lostInARow++;
      if (lostInARow >= MOST_LOST_IN_A_ROW) end(`${reason}, ${lostInARow} times in a row`, 'wait');
    },
    refused(reason) {
      end(reason, 'mend');
      throw dead.signal.reason;
    },
  };
}
