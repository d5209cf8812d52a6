import { createZone, type Zone } from '../../event/zone.js';

export const DAY_US = 86_400_000_000;
export const HOUR_US = 3_600_000_000;

/**
 * How a table is cut into partitions over time. With a `zone`, periods are counted on its clock: `anchorUs` is what it shows, and
 * where it is put forward or back, a day has 23 or 25 hours.
 */
export type PeriodScheme = Cut & { readonly zone?: string };

type Cut =
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

/** The scheme of a new table; weeks begin on Monday, and days at midnight of the zone. */
export function schemeNamed(name: PeriodName, zone = 'UTC'): PeriodScheme {
  if (name === 'hour') return { kind: 'fixed', lengthUs: HOUR_US, anchorUs: 0 };
  const clock = zone === 'UTC' ? {} : { zone };
  if (name === 'day') return { kind: 'fixed', lengthUs: DAY_US, anchorUs: 0, ...clock };
  if (name === 'week') return { kind: 'fixed', lengthUs: 7 * DAY_US, anchorUs: MONDAY_US, ...clock };
  return { kind: 'months', count: name === 'month' ? 1 : 12, anchorMonth: 0, offsetUs: 0, ...clock };
}

/** Zones in which a table may have been cut. */
export interface ZoneHints {
  /** The one that the user names. */
  readonly stated?: string | undefined;
  /** The one of the server's sessions. */
  readonly server?: string | undefined;
}

/**
 * Learns the scheme from existing partitions; undefined when there is no bounded one. The latest counts: if it is bounded by midnights
 * of a zone, so will be those that follow. Of several such zones it is the one in which most partitions are.
 */
export function learnScheme(periods: readonly Period[], hints: ZoneHints = {}): PeriodScheme | undefined {
  const bounded = periods.filter(({ fromUs, toUs }) => Number.isFinite(fromUs) && Number.isFinite(toUs));
  const latest = bounded.at(-1);
  if (latest === undefined) return undefined;
  const zone = zoneOf(bounded, latest, hints);
  return zone === undefined || zone.name === 'UTC'
    ? learnFrom(latest)
    : { ...learnFrom(onClock(latest, zone)), zone: zone.name };
}

interface NamedZone extends Zone {
  readonly name: string;
}

function zoneOf(bounded: readonly Period[], latest: Period, { stated, server }: ZoneHints): NamedZone | undefined {
  const names = [stated === 'UTC' ? undefined : stated, 'UTC', server];
  const fitting = names.flatMap(zoneNamed).filter((zone) => isOfDays(latest, zone));
  if (fitting.length < 2) return fitting[0];
  const counted = fitting.map((zone) => ({ zone, count: bounded.filter((period) => isOfDays(period, zone)).length }));
  return counted.toSorted((a, b) => b.count - a.count)[0]?.zone;
}

/** A server may know zones that this process does not. */
function zoneNamed(name: string | undefined): readonly NamedZone[] {
  if (name === undefined) return [];
  try {
    return [{ name, ...createZone(name) }];
  } catch {
    return [];
  }
}

function isOfDays({ fromUs, toUs }: Period, zone: Zone): boolean {
  return [fromUs, toUs].every((timeUs) => zone.toUtc(dayOf(zone.toLocal(timeUs))) === timeUs);
}

function onClock({ fromUs, toUs }: Period, zone: Zone): Period {
  return { fromUs: dayOf(zone.toLocal(fromUs)), toUs: dayOf(zone.toLocal(toUs)) };
}

const dayOf = (localUs: number) => Math.floor(localUs / DAY_US) * DAY_US;

function learnFrom(latest: Period): PeriodScheme {
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

/** Opens the periods of a scheme: what it resolves to is the one that holds an instant. */
export function periodsOf(scheme: PeriodScheme): (timeUs: number) => Period {
  if (scheme.zone === undefined) return (timeUs) => periodAt(timeUs, scheme);
  const zone = createZone(scheme.zone);
  return (timeUs) => {
    const { fromUs, toUs } = periodAt(zone.toLocal(timeUs), scheme);
    return { fromUs: zone.toUtc(fromUs), toUs: zone.toUtc(toUs) };
  };
}

/** What the clock shows by which periods are counted, at the start of one. */
export function clockOf(scheme: PeriodScheme): (fromUs: number) => number {
  if (scheme.zone !== undefined) return createZone(scheme.zone).toLocal;
  const offsetUs = scheme.kind === 'months' ? scheme.offsetUs : localOffset(scheme);
  return (fromUs) => fromUs - offsetUs;
}

function localOffset({ anchorUs, lengthUs }: { readonly anchorUs: number; readonly lengthUs: number }): number {
  return lengthUs < DAY_US ? 0 : wrapToHalfDay(modulo(anchorUs, DAY_US));
}

/** The period that holds an instant, on the clock by which it is told. */
function periodAt(timeUs: number, scheme: PeriodScheme): Period {
  if (scheme.kind === 'fixed') {
    const { lengthUs, anchorUs } = scheme;
    // Remainders are exact, however far away the time is.
    const fromUs = timeUs - modulo((timeUs % lengthUs) - (anchorUs % lengthUs), lengthUs);
    return { fromUs, toUs: fromUs + lengthUs };
  }
  const { count, anchorMonth, offsetUs } = scheme;
  const first = monthOf(timeUs - offsetUs);
  const start = Math.floor((first - anchorMonth) / count) * count + anchorMonth;
  return { fromUs: startOfMonth(start) + offsetUs, toUs: startOfMonth(start + count) + offsetUs };
}

/** What lies between periods that do not overlap, before the first and behind the last of them. */
export function gapsBetween(periods: readonly Period[]): readonly Period[] {
  const gaps: Period[] = [];
  let fromUs = Number.NEGATIVE_INFINITY;
  for (const period of periods.toSorted((a, b) => a.fromUs - b.fromUs)) {
    if (period.fromUs > fromUs) gaps.push({ fromUs, toUs: period.fromUs });
    fromUs = period.toUs;
  }
  return fromUs === Number.POSITIVE_INFINITY ? gaps : [...gaps, { fromUs, toUs: Number.POSITIVE_INFINITY }];
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
