import type { Given, Parser } from './option.js';
import { refuse } from './values.js';

const allowedTime = 'a date or an RFC 3339 time, such as 2019-07-01 or 2019-07-01T12:00:00Z';

/** A stretch of time in microseconds since the Unix epoch; `fromUs` belongs to it, `toUs` does not. */
export interface TimeRange {
  readonly fromUs: number;
  readonly toUs: number;
}

/** A point in time, in microseconds since the Unix epoch. Without an offset it is taken in `--timezone`. */
export const time: Parser<number> = async (value, given) => {
  const timeUs = await readTime(value, given);
  return Number.isNaN(timeUs) ? refuse(given, value, allowedTime) : timeUs;
};

/** `<from>..<to>`, the end excluded. */
export const timeRange: Parser<TimeRange> = async (value, given) => {
  const [from = '', to = '', ...rest] = value.split('..');
  const [fromUs, toUs] = [await readTime(from, given), await readTime(to, given)];
  if (rest.length > 0 || Number.isNaN(fromUs) || Number.isNaN(toUs)) {
    refuse(given, value, 'two dates or times, such as 2019-07-01..2019-08-01');
  }
  return fromUs < toUs ? { fromUs, toUs } : refuse(given, value, 'a range that ends after it begins');
};

/** The name of an IANA time zone. */
export const timezone: Parser<string> = async (value) => {
  const { createTimeReader } = await import('../event/time.js');
  createTimeReader({ timezone: value });
  return value;
};

async function readTime(value: string, given: Given): Promise<number> {
  if (!/^\d{4}-\d\d-\d\d/.test(value)) return Number.NaN;
  const { createTimeReader } = await import('../event/time.js');
  const { roundedOff } = await import('../event/exact-time.js');
  const timeUs = createTimeReader({ timezone: given.textOf('--timezone') ?? 'UTC' })(value);
  return roundedOff(timeUs, value) === 0 ? timeUs : refuse(given, value, 'whole seconds, so far away from now');
}
