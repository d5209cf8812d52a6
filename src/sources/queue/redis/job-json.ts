/** Members of a job that is stored as JSON; empty when its bytes are no JSON object: it is passed on all the same. */
export function parsedJob(bytes: Buffer | string): Readonly<Record<string, unknown>> {
  try {
    return members(JSON.parse(typeof bytes === 'string' ? bytes : bytes.toString()));
  } catch {
    return {};
  }
}

const NOTHING: Readonly<Record<string, unknown>> = {};

/** The members of an object; none of anything else. */
export function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : NOTHING; // an object
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Smaller numbers are seconds: as milliseconds they would lie in 1973. */
const LEAST_MS = 100_000_000_000;

/** Times of jobs: milliseconds since Sidekiq 8.0, seconds with a fraction before. RFC 3339. */
export function timeOf(value: unknown): string | undefined {
  const number = numberOf(value);
  if (number === undefined) return undefined;
  const time = new Date(number < LEAST_MS ? number * 1_000 : number);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
