import { closest } from '../did-you-mean.js';
import { UsageError } from '../errors.js';
import { require } from '../require.js';

/** A time zone as a wall clock shows it. */
export interface Zone {
  /**
   * The instant at which the clocks of the zone show `localUs` (microseconds, counted as if the clock showed UTC).
   * A time that a clock change skips moves forward by the gap; of a repeated one the earlier is taken.
   */
  toUtc(localUs: number): number;
  /** What the clocks of the zone show at an instant, counted as if they showed UTC. */
  toLocal(utcUs: number): number;
}

const FIXED = /^([+-])(\d\d):([0-5]\d)$/u;
const HALF_DAY_US = 43_200e6;
const QUARTER_HOUR_US = 900e6;
const MOST_CACHED = 100_000;
// Since then every zone changes its clocks on a quarter of an hour only.
const REGULAR_FROM_US = Date.UTC(1973, 0) * 1000;

/**
 * Opens a zone by its IANA name or by an offset such as `+02:00`.
 * @throws UsageError `bad_timezone` when there is no such zone.
 */
export function createZone(name: string): Zone {
  const [, sign, hours, minutes] = FIXED.exec(name) ?? [];
  if (sign !== undefined) {
    const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60e6;
    return { toUtc: (localUs) => localUs - offset, toLocal: (utcUs) => utcUs + offset };
  }
  const canonical = canonicalName(name);
  if (canonical === 'UTC') return { toUtc: (localUs) => localUs, toLocal: (utcUs) => utcUs };
  return createNamedZone(canonical);
}

function canonicalName(name: string): string {
  // Asking for names of zones is slow, and this one is asked for most.
  if (name === 'UTC') return name;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions();
    return timeZone === 'Etc/UTC' ? 'UTC' : timeZone;
  } catch (cause) {
    const meant = closest(name, Intl.supportedValuesOf('timeZone'));
    const hint = meant === undefined ? 'use an IANA name such as Europe/Berlin' : `did you mean "${meant}"?`;
    throw new UsageError(`there is no time zone "${name}"`, { code: 'bad_timezone', hint, cause });
  }
}

function createNamedZone(name: string): Zone {
  const ofLocal = byQuarters((localUs) => offsetOfLocal(name, localUs));
  const ofUtc = byQuarters((utcUs) => offsetAt(name, utcUs));
  return {
    toUtc: (localUs) => localUs - ofLocal(localUs),
    toLocal: (utcUs) => utcUs + ofUtc(utcUs),
  };
}

/** Remembers offsets, which are the same for a whole quarter of an hour. */
function byQuarters(offsetOf: (timeUs: number) => number): (timeUs: number) => number {
  const cache = new Map<number, number>();
  return (timeUs) => {
    if (!(timeUs >= REGULAR_FROM_US)) return offsetOf(timeUs);
    const quarter = Math.floor(timeUs / QUARTER_HOUR_US);
    let offset = cache.get(quarter);
    if (offset === undefined) {
      offset = offsetOf(quarter * QUARTER_HOUR_US);
      if (cache.size >= MOST_CACHED) cache.clear();
      cache.set(quarter, offset);
    }
    return offset;
  };
}

/** How far the zone is ahead of UTC, in microseconds, when its clocks show `localUs`. */
function offsetOfLocal(name: string, localUs: number): number {
  if (Number.isNaN(localUs)) return Number.NaN;
  const before = offsetAt(name, localUs - 2 * HALF_DAY_US);
  if (offsetAt(name, localUs - before) === before) return before;
  const after = offsetAt(name, localUs + 2 * HALF_DAY_US);
  return offsetAt(name, localUs - after) === after ? after : before;
}

function offsetAt(name: string, utcUs: number): number {
  // Most runs know no time zone but UTC.
  const { tzOffset } = require('@date-fns/tz') as typeof import('@date-fns/tz'); // `require` is untyped
  return Math.round(tzOffset(name, new Date(utcUs / 1000)) * 60) * 1e6;
}
