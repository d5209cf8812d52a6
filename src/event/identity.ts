import { canonicalNumber } from './canonical-number.js';

/** A value where the id should be that is no id. */
export interface IdProblem {
  readonly code: 'id_not_scalar';
  readonly message: string;
}

/**
 * The id of an event that has none of its own: a UUIDv8 (RFC 9562, section 5.8) of the SHA-256 of its canonical JSON.
 * @param occurrence from 1; from 2 on it enters the id, so that identical events stay apart.
 */
export function contentId(canonical: string, occurrence = 1): string {
  // Canonical JSON holds no line feed, so no other content can read like this one with a number.
  // Most events have an id: the module is loaded for those that have none.
  const { hash } = process.getBuiltinModule('node:crypto');
  const digits = hash('sha256', occurrence > 1 ? `${canonical}\n${occurrence}` : canonical, 'hex');
  const variant = '89ab'[Number.parseInt(digits.charAt(16), 16) & 3];
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-8${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
}

/**
 * The id as text: a string as it is, a number by its exact decimal value (`1e3` and `1000.0` are `1000`).
 * Undefined means that there is none: absent, null or the empty string. Anything else is no id.
 * @param raw the number's digits as they stand in the JSON text; needed where it is no safe integer.
 */
export function idText(value: unknown, raw: string | undefined): string | undefined | IdProblem {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number') return notScalar(value);
  return Number.isSafeInteger(value) ? String(value) : canonicalNumber(raw ?? String(value));
}

function notScalar(value: unknown): IdProblem {
  const found = Array.isArray(value) ? 'an array' : typeof value === 'boolean' ? 'a boolean' : 'an object';
  return { code: 'id_not_scalar', message: `the id is ${found}; it must be a string or a number` };
}
