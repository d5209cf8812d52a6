const SECOND_US = 1_000_000;

/**
 * An instant in UTC as RFC 3339 without its `Z`, with six digits of a fraction.
 * @param timeRest what a reader has cut off from it (see `exact-time.ts`).
 */
export function timeText(timeUs: number, timeRest = 0): string {
  const fraction = ((timeUs % SECOND_US) + SECOND_US) % SECOND_US;
  const seconds = new Date((timeUs - fraction) / 1_000).toISOString().slice(0, -5);
  return `${seconds}.${String(fraction + timeRest).padStart(6, '0')}`;
}
