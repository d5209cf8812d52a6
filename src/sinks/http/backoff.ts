import type { Answer } from './answer.js';

/** How long to wait before the next try. */
export interface Backoff {
  /** The first wait; each further one is twice as long, up to `longestMs`. */
  readonly firstMs: number;
  readonly longestMs: number;
  /**
   * How waits are scattered. `half`: anywhere between half and all of it (Datadog's Agent). `[from, to]`: so many
   * milliseconds are added (Mixpanel's advice).
   */
  readonly jitter: 'half' | readonly [from: number, to: number];
}

/** The same with shorter waits where there is little patience: one of five minutes or more changes nothing. */
export function within({ firstMs, longestMs, jitter }: Backoff, retryForMs: number): Backoff {
  const share = Math.min(1, retryForMs / LONG_PATIENCE_MS);
  return {
    firstMs: firstMs * share,
    longestMs: longestMs * share,
    jitter: jitter === 'half' ? jitter : [jitter[0] * share, jitter[1] * share],
  };
}

const LONG_PATIENCE_MS = 300_000;

/** Milliseconds before try `attempt` + 1, for `attempt` from 0. `random` gives [0, 1). */
export function waitBefore(attempt: number, { firstMs, longestMs, jitter }: Backoff, random: () => number): number {
  const wait = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 30));
  if (jitter === 'half') return wait / 2 + (random() * wait) / 2;
  return wait + jitter[0] + random() * (jitter[1] - jitter[0]);
}

/**
 * How long the service asks to be left alone: `Retry-After` (seconds or a date) or `X-RateLimit-Reset` (seconds until
 * the reset, or an epoch); undefined when it does not say, or says something odd.
 */
export function askedWaitMs({ headers }: Pick<Answer, 'headers'>, nowMs: number): number | undefined {
  const asked = [headers['retry-after'], headers['x-ratelimit-reset']].map((text) => readWait(text, nowMs));
  const known = asked.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** How long the allowance of an answer lasts that says that nothing of it is left (`X-RateLimit-Remaining: 0`). */
export function spentWaitMs({ headers }: Pick<Answer, 'headers'>, nowMs: number): number | undefined {
  return Number(headers['x-ratelimit-remaining'] || 1) === 0
    ? readWait(headers['x-ratelimit-reset'], nowMs)
    : undefined;
}

/** Larger numbers are seconds since the Unix epoch: nobody asks for a year's wait. */
const LONGEST_RELATIVE_S = 366 * 86_400;

function readWait(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) {
    const ms = seconds > LONGEST_RELATIVE_S ? seconds * 1_000 - nowMs : seconds * 1_000;
    return ms >= 0 ? ms : undefined;
  }
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
