import type { ServiceClock } from '../http/service-clock.js';
import type { Rejection } from '../sink.js';

/** Datadog drops logs outside of this window although it answers 202 (https://docs.datadoghq.com/logs/troubleshooting/). */
const PAST_MS = 18 * 3_600_000;
const FUTURE_MS = 2 * 3_600_000;
/** A log has to be young enough when it arrives, not only when it is sent. */
const UNDER_WAY_MS = 5_000;

/** What Datadog takes at the moment. */
export interface LogWindow {
  /** Why a log with this time must not be sent; undefined when it may. */
  refuse(timeUs: number): Rejection | undefined;
}

/** The window as it is now. */
export function timeWindow(clock: ServiceClock): LogWindow {
  const oldestMs = clock.latest() - PAST_MS + UNDER_WAY_MS;
  const newestMs = clock.earliest() + FUTURE_MS;
  return {
    refuse(timeUs) {
      const timeMs = timeUs / 1_000;
      if (timeMs < oldestMs) return rejection('too_old', timeMs);
      return timeMs > newestMs ? rejection('too_far_ahead', timeMs) : undefined;
    },
  };
}

function rejection(kind: 'too_old' | 'too_far_ahead', timeMs: number): Rejection {
  const when = Math.abs(timeMs) <= 8.64e15 ? new Date(timeMs).toISOString() : 'its time';
  return kind === 'too_old'
    ? {
        kind: 'rejected',
        code: 'log_too_old',
        reason: `${when} is more than 18 hours ago: Datadog would answer 202 and drop it; datadog-archive takes it, for rehydration`,
      }
    : {
        kind: 'rejected',
        code: 'log_too_far_ahead',
        reason: `${when} is more than 2 hours ahead: Datadog would answer 202 and drop it; mend the time, or send it later`,
      };
}
