import { createZone } from '../../event/zone.js';

/** One day of a zone; its bounds are microseconds since the Unix epoch, and the end is exclusive. */
export interface Day {
  /** `2019-07-01`. */
  readonly name: string;
  readonly fromUs: number;
  readonly toUs: number;
}

/** Tells the days of a zone apart. */
export interface DayList {
  /** The day that holds an instant; undefined outside of the years 1 to 9999. */
  at(timeUs: number): Day | undefined;
  /** The days between two instants, the earliest first. */
  between(fromUs: number, toUs: number): readonly Day[];
}

const DAY_US = 86_400_000_000;
const EARLIEST_US = Date.parse('0001-01-02T00:00:00Z') * 1_000;
const LATEST_US = Date.UTC(9_999, 11, 31) * 1_000;

/**
 * Opens the days of a zone. Where its clocks change, a day is 23 or 25 hours long.
 * @throws UsageError `bad_timezone`.
 */
export function createDayList(zoneName: string): DayList {
  const zone = createZone(zoneName);
  const known = new Map<number, Day>();
  const dayOf = (number: number): Day => {
    const seen = known.get(number);
    if (seen !== undefined) return seen;
    const name = new Date((number * DAY_US) / 1_000).toISOString().slice(0, 10);
    const day = { name, fromUs: zone.toUtc(number * DAY_US), toUs: zone.toUtc((number + 1) * DAY_US) };
    known.set(number, day);
    return day;
  };
  const at = (timeUs: number) => {
    if (!(timeUs >= EARLIEST_US && timeUs < LATEST_US)) return undefined;
    const number = Math.floor(timeUs / DAY_US);
    // Clocks are at most 14 hours ahead of UTC and 12 behind it.
    return [number, number + 1, number - 1].map(dayOf).find(({ fromUs, toUs }) => fromUs <= timeUs && timeUs < toUs);
  };
  return {
    at,
    between(fromUs, toUs) {
      const days: Day[] = [];
      for (let day = at(fromUs); day !== undefined && day.fromUs < toUs; day = at(day.toUs)) days.push(day);
      return days;
    },
  };
}
