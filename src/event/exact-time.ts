import { epochDigits } from './epoch.js';
import { clockFraction } from './time.js';

/**
 * Microseconds since the epoch, to the digit, of a time that lies so far away that a `TimeReader` has to round it (before 1684 and
 * after 2255).
 * @param text the time as it was read, or the digits of its number.
 * @param timeUs what the reader made of it.
 */
export function exactMicros(text: string, timeUs: number): bigint {
  const fraction = clockFraction(text);
  if (fraction === undefined) return epochDigits(text) ?? BigInt(timeUs);
  return BigInt(Math.round((timeUs - fraction) / 1e6)) * 1_000_000n + BigInt(fraction);
}
