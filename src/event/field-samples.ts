import { canonicalJson } from './canonical.js';
import type { JsonObject } from './event.js';
import { type Pointer, valueAt } from './pointer.js';
import type { TimeReader } from './time.js';
import type { FieldRole } from './well-known.js';

// Smaller bare numbers are durations or counters far more often than times; this is March 1973.
const EARLIEST_BARE_US = 1e14;

/** In how many samples `pointer` holds what the role needs, and in how many something else that is not null. */
export function countUsable(samples: readonly JsonObject[], pointer: Pointer, role: FieldRole, readTime: TimeReader) {
  const isUsable = role === 'time' ? (value: unknown) => isLikelyTime(value, readTime) : isText;
  let usable = 0;
  let other = 0;
  for (const sample of samples) {
    const value = valueAt(sample, pointer);
    if (isUsable(value)) usable++;
    else if (value !== undefined && value !== null) other++;
  }
  return { usable, other };
}

/** How many samples have the id of an earlier one, and yet another content. */
export function countConflicts(samples: readonly JsonObject[], pointer: Pointer): number {
  const firstById = new Map<string, JsonObject>();
  let conflicts = 0;
  for (const sample of samples) {
    const value = valueAt(sample, pointer);
    if (!isText(value)) continue;
    const id = String(value);
    const first = firstById.get(id);
    if (first === undefined) firstById.set(id, sample);
    else if (contentOf(first) !== contentOf(sample)) conflicts++;
  }
  return conflicts;
}

function isText(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

function isLikelyTime(value: unknown, readTime: TimeReader): boolean {
  const micros = readTime(value);
  const isWritten = typeof value === 'string' && value.charAt(4) === '-';
  return isWritten ? !Number.isNaN(micros) : micros >= EARLIEST_BARE_US;
}

function contentOf(sample: JsonObject): string {
  return canonicalJson(JSON.stringify(sample));
}
