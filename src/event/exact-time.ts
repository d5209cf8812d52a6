import { epochDigits } from './epoch.js';
import { clockFraction } from './time.js';

/**
 * Microseconds since the epoch, to the digit, of a time that lies so far away that a `TimeReader` has to round it down (before 1684
 * and after 2255).
 * @param text the time as it was read, or the digits of its number.
 * @param timeUs what the reader made of it.
 */
export function exactMicros(text: string, timeUs: number): bigint {
  const fraction = clockFraction(text);
  if (fraction === undefined) return epochDigits(text) ?? epochDigits(String(Number(text))) ?? BigInt(timeUs);
  return BigInt(Math.round((timeUs - fraction) / 1e6)) * 1_000_000n + BigInt(fraction);
}

/** Microseconds from `timeUs`, which a reader made of `value`, to the time that it means; 0 where the reader did not have to round. */
export function roundedOff(timeUs: number, value: unknown, raw?: string): number {
  if (!isRounded(timeUs)) return 0;
  const text = typeof value === 'string' ? value : (raw ?? String(value));
  return Number(exactMicros(text, timeUs) - BigInt(timeUs));
}

/** The digits of the microseconds since the epoch that `value` means, of which a reader made `timeUs`. */
export function microsText(timeUs: number, value: unknown, raw?: string): string {
  return isRounded(timeUs) ? String(BigInt(timeUs) + BigInt(roundedOff(timeUs, value, raw))) : String(timeUs);
}

/** Whether an instant is one that a reader may have had to round. */
export function isRounded(timeUs: number): boolean {
  return Number.isInteger(timeUs) && !Number.isSafeInteger(timeUs);
}
