export const DAY_US = 86_400_000_000;
export const HOUR_US = 3_600_000_000;

/** How a table is cut into partitions over time. */
export type PeriodScheme =
  /** Periods of one length; `anchorUs` is the start of any of them. */
  | { readonly kind: 'fixed'; readonly lengthUs: number; readonly anchorUs: number }
  /** Periods of whole months; `anchorMonth` counts months since year 0, `offsetUs` is local midnight minus UTC midnight. */
  | { readonly kind: 'months'; readonly count: number; readonly anchorMonth: number; readonly offsetUs: number };

export interface Period {
  readonly fromUs: number;
  /** Exclusive. */
  readonly toUs: number;
}

/** Names that a user can give to the cut of a new table. */
export const PERIOD_NAMES = ['hour', 'day', 'week', 'month', 'year'] as const;
export type PeriodName = (typeof PERIOD_NAMES)[number];

const MONDAY_US = -3 * DAY_US;

/** The scheme of a new table, in UTC; weeks begin on Monday. */
export function schemeNamed(name: PeriodName): PeriodScheme {
  if (name === 'hour') return { kind: 'fixed', lengthUs: HOUR_US, anchorUs: 0 };
  if (name === 'day') return { kind: 'fixed', lengthUs: DAY_US, anchorUs: 0 };
  if (name === 'week') return { kind: 'fixed', lengthUs: 7 * DAY_US, anchorUs: MONDAY_US };
  return { kind: 'months', count: name === 'month' ? 1 : 12, anchorMonth: 0, offsetUs: 0 };
}

/** Learns the scheme from existing partitions; undefined when there is no bounded one. The latest counts. */
export function learnScheme(periods: readonly Period[]): PeriodScheme | undefined {
  const latest = periods.findLast(({ fromUs, toUs }) => Number.isFinite(fromUs) && Number.isFinite(toUs));
  if (latest === undefined) return undefined;
  const offsetUs = wrapToHalfDay(modulo(latest.fromUs, DAY_US));
  return monthsBetween(latest, offsetUs) ?? daysBetween(latest) ?? fixed(latest);
}

function fixed({ fromUs, toUs }: Period): PeriodScheme {
  return { kind: 'fixed', lengthUs: toUs - fromUs, anchorUs: fromUs };
}

/** A local day on which clocks change has 23 or 25 hours; the next one begins where it ends. */
function daysBetween({ fromUs, toUs }: Period): PeriodScheme | undefined {
  const lengthUs = Math.round((toUs - fromUs) / DAY_US) * DAY_US;
  const isWhole = lengthUs > 0 && Math.abs(toUs - fromUs - lengthUs) <= HOUR_US;
  return isWhole ? { kind: 'fixed', lengthUs, anchorUs: toUs } : undefined;
}

/** The period that holds an instant. */
export function periodAt(timeUs: number, scheme: PeriodScheme): Period {
  if (scheme.kind === 'fixed') {
    const fromUs = Math.floor((timeUs - scheme.anchorUs) / scheme.lengthUs) * scheme.lengthUs + scheme.anchorUs;
    return { fromUs, toUs: fromUs + scheme.lengthUs };
  }
  const { count, anchorMonth, offsetUs } = scheme;
  const first = monthOf(timeUs - offsetUs);
  const start = Math.floor((first - anchorMonth) / count) * count + anchorMonth;
  return { fromUs: startOfMonth(start) + offsetUs, toUs: startOfMonth(start + count) + offsetUs };
}

/** The period in words: `day`, `month`, `6 hours`. */
export function schemeText(scheme: PeriodScheme): string {
  if (scheme.kind === 'months') {
    if (scheme.count === 12) return 'year';
    return scheme.count === 1 ? 'month' : `${scheme.count} months`;
  }
  const hours = scheme.lengthUs / HOUR_US;
  if (hours === 1) return 'hour';
  if (hours === 24) return 'day';
  if (hours === 168) return 'week';
  return hours % 24 === 0 ? `${hours / 24} days` : `${hours} hours`;
}

function monthsBetween({ fromUs, toUs }: Period, offsetUs: number): PeriodScheme | undefined {
  const from = monthOf(fromUs - offsetUs);
  if (startOfMonth(from) + offsetUs !== fromUs) return undefined;
  const to = monthOf(toUs - offsetUs + HOUR_US * 2);
  const isWholeMonths = Math.abs(startOfMonth(to) + offsetUs - toUs) <= HOUR_US;
  return isWholeMonths && to > from ? { kind: 'months', count: to - from, anchorMonth: from, offsetUs } : undefined;
}

function monthOf(timeUs: number): number {
  const date = new Date(Math.floor(timeUs / 1000));
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function startOfMonth(month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(Math.floor(month / 12), modulo(month, 12), 1);
  return date.getTime() * 1000;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function wrapToHalfDay(offsetUs: number): number {
  return offsetUs > DAY_US / 2 ? offsetUs - DAY_US : offsetUs;
}
