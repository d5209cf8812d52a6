/** Why a record is refused: known texts are Mixpanel's own, others are marked as ours. */
export interface Refusal {
  readonly field: string;
  readonly message: string;
}

const FORBIDDEN = new Set([
  ...['00000000-0000-0000-0000-000000000000', 'anon', 'anonymous', 'nil', 'none', 'null', 'n/a', 'na', 'undefined'],
  ...['unknown', '<nil>', '0', '-1', 'true', 'false', '[]', '{}'],
]);
const FIRST_TIME_MS = Date.UTC(1971, 0, 1);
const HOUR_MS = 3_600_000;
/** From here on a number is taken for milliseconds; where the vendor draws the line is not documented. */
const FIRST_MILLISECONDS = 1e11;

/** Seconds or milliseconds since the Unix epoch, as milliseconds. */
export function timeMsOf(time: number): number {
  return time >= FIRST_MILLISECONDS ? time : time * 1_000;
}

/**
 * What strict validation has against a record; undefined when it is taken.
 * @param mayBeLarge whether it may have 1 MB, so that it has to be measured.
 */
export function problemOf(record: unknown, nowMs: number, mayBeLarge = true): Refusal | undefined {
  if (!isObject(record)) return { field: '', message: '[stand-in] a record is an object' };
  const { event, properties, ...others } = record;
  if (Object.keys(others).length > 0) return { field: '', message: '[stand-in] only event and properties' };
  if (typeof event !== 'string' || event.trim() === '') {
    return { field: 'event', message: `'event' must not be missing or blank` };
  }
  if (!isObject(properties)) return { field: 'properties', message: '[stand-in] properties must be an object' };
  return (
    timeProblem(properties.time, nowMs) ??
    userProblem(properties) ??
    insertIdProblem(properties.$insert_id) ??
    shapeProblem(record, properties, mayBeLarge)
  );
}

function timeProblem(time: unknown, nowMs: number): Refusal | undefined {
  const refuse = (why: string) => ({ field: 'properties.time', message: `'properties.time' is invalid: ${why}` });
  if (time === undefined) return refuse('must not be missing');
  if (typeof time !== 'number' || !Number.isInteger(time)) return refuse('must be specified as seconds since epoch');
  if (timeMsOf(time) < FIRST_TIME_MS) return refuse('must be specified as seconds since epoch');
  return timeMsOf(time) > nowMs + HOUR_MS ? refuse('must not be in the future') : undefined;
}

function userProblem({ distinct_id: user }: Record<string, unknown>): Refusal | undefined {
  const refuse = (why: string) => ({ field: 'properties.distinct_id', message: `[stand-in] distinct_id ${why}` });
  if (user === undefined) return refuse('is missing');
  if (typeof user !== 'string' && typeof user !== 'number') return refuse('is no text');
  return FORBIDDEN.has(String(user).toLowerCase()) ? refuse('is forbidden') : undefined;
}

function insertIdProblem(id: unknown): Refusal | undefined {
  const refuse = (message: string) => ({ field: '$insert_id', message });
  if (typeof id !== 'string' || id === '') return refuse('[stand-in] $insert_id is missing');
  if (Buffer.byteLength(id) > 36) return refuse('[stand-in] $insert_id is longer than 36 bytes');
  if (!/^[A-Za-z0-9-]+$/u.test(id)) {
    return refuse(`'$insert_id' is invalid: must only contain alphanumeric or hyphen '-' characters`);
  }
  return FORBIDDEN.has(id.toLowerCase()) ? refuse('[stand-in] $insert_id is forbidden') : undefined;
}

function shapeProblem(record: object, properties: Record<string, unknown>, mayBeLarge: boolean): Refusal | undefined {
  const names = Object.keys(properties);
  const refuse = (message: string) => ({ field: 'properties', message: `[stand-in] ${message}` });
  if (names.some((name) => name === 'bucket' || name === '$bucket')) return refuse('a property is called bucket');
  if (names.length >= 255) return refuse('255 properties or more');
  if (mayBeLarge && Buffer.byteLength(JSON.stringify(record)) >= 1_000_000) return refuse('1 MB or more');
  const nested = names.find((name) => !fits(properties[name], 0));
  return nested === undefined ? undefined : refuse(`${nested} is nested too deep or too wide`);
}

/** Objects of less than 255 keys, lists of less than 255 elements, three levels. */
function fits(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const children: readonly unknown[] = Object.values(value);
  return depth < 3 && children.length < 255 && children.every((child) => fits(child, depth + 1));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
