import { ExactNumber, type ExactValue } from '../event/exact.js';
import { microsText } from '../event/exact-time.js';
import type { TimeReader } from '../event/time.js';

/** Digits of the microseconds since the epoch that a value means; undefined when it is no time. */
export function microsOf(value: ExactValue, readTime: TimeReader): string | undefined {
  const raw = value instanceof ExactNumber ? value.raw : undefined;
  const plain = raw === undefined ? value : Number(raw);
  const timeUs = readTime(plain, raw);
  return Number.isNaN(timeUs) ? undefined : microsText(timeUs, plain, raw);
}
