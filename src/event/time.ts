import { microsFromCivil } from './civil.js';
import { digitsEnd, twoDigits as two } from './digits.js';
import { epochMicros, lastDouble } from './epoch.js';
import { createZone, type Zone } from './zone.js';

/**
 * Reads the time of an event: microseconds since the Unix epoch, NaN when the value is no usable time. What is finer
 * than a microsecond is cut off, downwards, and so is what a double cannot hold (see `exact-time.ts`): a time stays on its
 * side of every whole second.
 * @param raw the number's digits as they stand in the JSON text; needed where it is no safe integer.
 */
export type TimeReader = (value: unknown, raw?: string) => number;

/**
 * Opens a reader for RFC 3339 (any offset, any fraction, `t`, `z` or a space between), the same without a zone or
 * without a clock time in `timezone`, the offsets `+02` and `+0200` and the suffix ` UTC` that databases print, and seconds,
 * milli-, micro- or nanoseconds since the epoch, told apart by magnitude (below 10^11 seconds, 10^14 milliseconds,
 * 10^17 microseconds), as a number or as digits in a string. Years run from 0001 to 9999; a leap second counts as the
 * second behind it, `24:00:00` as the next midnight. Local times that a clock change skips move forward, those that it
 * repeats are the earlier ones.
 * @throws UsageError `bad_timezone` when `timezone` is no IANA name and no offset such as `+02:00`.
 */
export function createTimeReader({ timezone }: { readonly timezone: string }): TimeReader {
  const zone = createZone(timezone);
  return (value, raw) => {
    if (typeof value === 'string') return readText(value, zone);
    return typeof value === 'number' ? epochMicros(value, raw) : Number.NaN;
  };
}

const DAY_US = 86_400_000_000;
const FIRST_US = microsFromCivil(1, 1, 1);
const END_US = microsFromCivil(9999, 12, 31) + DAY_US;

function readText(text: string, zone: Zone): number {
  if (text.charCodeAt(4) !== 0x2d || text.charCodeAt(7) !== 0x2d) return epochMicros(text, text);
  const date = dateMicros(text);
  const micros = text.length === 10 ? zone.toUtc(date) : date + clockMicros(text, date, zone);
  return Math.abs(micros) > Number.MAX_SAFE_INTEGER ? farMicros(text, zone) : micros;
}

/** The same where seconds and their fraction are too much for a double; whole seconds are not. */
function farMicros(text: string, zone: Zone): number {
  const date = dateMicros(text);
  const whole = text.replace(FRACTION, '');
  const seconds = whole.length === 10 ? zone.toUtc(date) : date + clockMicros(whole, date, zone);
  if (!(seconds >= FIRST_US && seconds < END_US)) return Number.NaN;
  return lastDouble(BigInt(seconds) + BigInt(clockFraction(text) ?? 0));
}

const FRACTION = /\.\d+/;

/** Microseconds behind the second of a time with a date; undefined for a count since the epoch. */
export function clockFraction(text: string): number | undefined {
  if (text.charCodeAt(4) !== 0x2d || text.charCodeAt(7) !== 0x2d) return undefined;
  return text.charCodeAt(19) === 0x2e ? fractionMicros(text, digitsEnd(text, 20)) : 0;
}

function dateMicros(text: string): number {
  const year = two(text, 0) * 100 + two(text, 2);
  return microsFromCivil(year, two(text, 5), two(text, 8));
}

/** What the clock time and the zone behind the date add to it. */
function clockMicros(text: string, date: number, zone: Zone): number {
  const separator = text.charCodeAt(10) | 0x20; // folds T and t; a space stays a space
  if (separator !== 0x74 && separator !== 0x20) return Number.NaN;
  if (text.charCodeAt(13) !== 0x3a || text.charCodeAt(16) !== 0x3a) return Number.NaN;
  const whole = clockSeconds(two(text, 11), two(text, 14), two(text, 17));
  const fractionEnd = text.charCodeAt(19) === 0x2e ? digitsEnd(text, 20) : 19;
  if (fractionEnd === 20) return Number.NaN;
  const clock = whole * 1e6 + fractionMicros(text, fractionEnd);
  if (clock > DAY_US && text.startsWith('24', 11)) return Number.NaN;
  if (fractionEnd === text.length) return zone.toUtc(date + clock) - date;
  return clock - offsetMicros(text, fractionEnd);
}

function clockSeconds(hour: number, minute: number, second: number): number {
  const isLeapSecond = second === 60 && minute === 59;
  if (minute > 59 || (second > 59 && !isLeapSecond)) return Number.NaN;
  if (hour > 23 && (hour > 24 || minute > 0 || second > 0)) return Number.NaN;
  return hour * 3600 + minute * 60 + second;
}

/** Microseconds of the fraction that stands behind position 19. */
function fractionMicros(text: string, end: number): number {
  let micros = 0;
  for (let i = 20; i < 26; i++) micros = micros * 10 + (i < end ? text.charCodeAt(i) - 0x30 : 0);
  return micros;
}

/** The offset that stands at `from` and must end the text: `Z`, `+02:00`, `+0200`, `+02`, ` UTC`. */
function offsetMicros(text: string, from: number): number {
  const sign = text.charCodeAt(from);
  if ((sign | 0x20) === 0x7a) return from + 1 === text.length ? 0 : Number.NaN;
  if (sign !== 0x2b && sign !== 0x2d) return text.slice(from) === ' UTC' ? 0 : Number.NaN;
  const minuteAt = text.charCodeAt(from + 3) === 0x3a ? from + 4 : from + 3;
  const hasMinutes = text.length > from + 3;
  if (hasMinutes && text.length !== minuteAt + 2) return Number.NaN;
  const hours = two(text, from + 1);
  const minutes = hasMinutes ? two(text, minuteAt) : 0;
  if (hours > 23 || minutes > 59) return Number.NaN;
  return (sign === 0x2d ? -1 : 1) * (hours * 60 + minutes) * 60e6;
}
