const DAY_MS = 86_400_000;
/** `0000-01-01` and the end of `9999-12-31`: between them a year has four digits. */
const FIRST_MS = -62_167_219_200_000;
const END_MS = 253_402_300_800_000;
const TWO_DIGITS = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'));
const THREE_DIGITS = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, '0'));

/**
 * An instant as `Date.prototype.toISOString` writes it, in a third of its time; undefined where no `Date` can be.
 * @param ms milliseconds since the Unix epoch; a fraction is cut off.
 */
export function instantText(ms: number): string | undefined {
  const whole = Math.trunc(ms);
  if (!(whole >= FIRST_MS && whole < END_MS)) return textOfDate(new Date(ms));
  const day = Math.floor(whole / DAY_MS);
  const milliseconds = whole - day * DAY_MS;
  const seconds = Math.floor(milliseconds / 1_000);
  const minutes = Math.floor(seconds / 60);
  const clock = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}`;
  return `${dayText(day)}T${clock}.${THREE_DIGITS[milliseconds % 1_000]}Z`;
}

function textOfDate(date: Date): string | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

const DAYS_OF_4_CENTURIES = 146_097;
/** From 0000-03-01 to 1970-01-01: counted from March, the leap day is the last of its year. */
const DAYS_BEFORE_1970 = 719_468;

/** The date of a day since the Unix epoch in the proleptic Gregorian calendar, from the year 0 on. */
function dayText(day: number): string {
  const since = day + DAYS_BEFORE_1970;
  const cycle = Math.floor(since / DAYS_OF_4_CENTURIES);
  const left = since - cycle * DAYS_OF_4_CENTURIES;
  const leapDays = Math.floor(left / 1_460) - Math.floor(left / 36_524) + Math.floor(left / 146_096);
  const years = Math.floor((left - leapDays) / 365);
  const dayOfYear = left - (365 * years + Math.floor(years / 4) - Math.floor(years / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = cycle * 400 + years + (month <= 2 ? 1 : 0);
  return `${two(Math.floor(year / 100))}${two(year % 100)}-${two(month)}-${two(dayOfMonth)}`;
}

function two(number: number): string {
  return TWO_DIGITS[number] ?? '';
}
