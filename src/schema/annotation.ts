import { parsePointer } from '../event/pointer.js';
import type { Annotation } from './catalog.js';
import type { Document } from './document.js';
import { isObject } from './walk.js';

const ROLES = ['id', 'name', 'time', 'user'] as const;

/**
 * The `x-respool` of the first of these schemas that has one. Others that say something else are a problem, as is
 * anything in it that is no pointer.
 */
export function readAnnotation(documents: readonly Document[], problems: string[]): Annotation {
  let first: { readonly path: string; readonly annotation: Annotation } | undefined;
  for (const { path, schema } of documents) {
    const found = isObject(schema) ? schema['x-respool'] : undefined;
    if (found === undefined) continue;
    const annotation = parseAnnotation(path, found, problems);
    first ??= { path, annotation };
    const differs = ROLES.some((role) => annotation[role] !== first?.annotation[role]);
    if (differs) problems.push(`${path}: its x-respool says something else than that of ${first.path}`);
  }
  return first?.annotation ?? {};
}

function parseAnnotation(path: string, found: unknown, problems: string[]): Annotation {
  const complain = (what: string) => problems.push(`${path}#/x-respool: ${what}`);
  if (!isObject(found)) {
    complain('must be an object such as {"id": "/event_id", "time": "/occurred_at"}');
    return {};
  }
  const annotation: { [role in (typeof ROLES)[number]]?: string } = {};
  for (const [key, value] of Object.entries(found)) {
    const role = ROLES.find((candidate) => candidate === key);
    if (key === 'redact' && typeof value === 'boolean') continue;
    if (role === undefined) complain(`"${key}" is not known; id, name, time and user are`);
    else if (!isPointer(value)) complain(`${key} must be a JSON Pointer such as "/event_id"`);
    else annotation[role] = value;
  }
  return annotation;
}

function isPointer(value: unknown): value is string {
  try {
    return typeof value === 'string' && parsePointer(value).length > 0;
  } catch {
    return false;
  }
}
