import { UsageError } from '../../errors.js';

/** Whole days, both inclusive: `2026-01-31`. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

const DAY_MS = 86_400_000;
/** Mixpanel answers 60 exports an hour; some are left for whoever else asks (https://docs.mixpanel.com/reference/raw-event-export). */
const MOST_RANGES = 50;

/**
 * Cuts a range into exports: one a day where there are few days, so that one that breaks off costs little.
 * @throws UsageError `bad_source_option` when the last day lies before the first.
 */
export function rangesOf(from: string, to: string): readonly DayRange[] {
  const first = Date.parse(from);
  const days = Math.round((Date.parse(to) - first) / DAY_MS) + 1;
  if (days < 1) {
    throw new UsageError(`the days from ${from} to ${to} are none`, {
      code: 'bad_source_option',
      hint: 'from is the earlier day; both are included',
    });
  }
  const size = Math.ceil(days / MOST_RANGES);
  const dayAt = (n: number) => new Date(first + Math.min(n, days - 1) * DAY_MS).toISOString().slice(0, 10);
  return Array.from({ length: Math.ceil(days / size) }, (_, n) => ({
    from: dayAt(n * size),
    to: dayAt((n + 1) * size - 1),
  }));
}
