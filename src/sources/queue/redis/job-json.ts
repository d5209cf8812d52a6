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
