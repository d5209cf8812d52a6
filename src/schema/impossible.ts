import { formatPointer } from '../event/pointer.js';
import type { Catalog } from './catalog.js';
import { type Schema, Schemas } from './evolution/schemas.js';
import { memberSchemas, type View, viewOf } from './evolution/view.js';

const DEEPEST = 6;
const PAIRS = [
  ['minLength', 'maxLength', 'string'],
  ['minItems', 'maxItems', 'array'],
  ['minProperties', 'maxProperties', 'object'],
] as const;

/**
 * Schemas that no event of their name can match, a sentence each: they contradict the schema for all events, themselves,
 * or the name they are kept under. Only what is certain is told.
 * @param name tokens of the pointer to an event's name; undefined when nobody knows where it stands.
 */
export function impossibleSchemas(catalog: Catalog, name: readonly string[] | undefined): readonly string[] {
  const schemas = new Schemas(catalog);
  const find = (uri: string | undefined) => (uri === undefined ? undefined : schemas.find(uri));
  const pathOf = (uri: string | undefined) => catalog.files.find((file) => file.uri === uri)?.path ?? '';
  const envelope = find(catalog.envelope) ?? true;
  if (catalog.events.length === 0) {
    const why = contradiction(schemas, [{ type: 'object' }, envelope]);
    return why === undefined ? [] : [`${pathOf(catalog.envelope)}: no event can match it: ${why}`];
  }
  return catalog.events.flatMap((event) => {
    const own = find(event.uri) ?? true;
    const named = name === undefined ? [] : [namedSchema(name, event.name)];
    const why = contradiction(schemas, [{ type: 'object' }, envelope, own, ...named]);
    return why === undefined ? [] : [`${pathOf(event.uri)}: no event named "${event.name}" can match it: ${why}`];
  });
}

function namedSchema(pointer: readonly string[], name: string): Schema {
  return pointer.reduceRight<Schema>(
    (inner, token) => ({ type: 'object', required: [token], properties: { [token]: inner } }),
    { const: name },
  );
}

/** Why nothing can fit all of these schemas; undefined when something may. */
function contradiction(schemas: Schemas, list: readonly Schema[], path: readonly string[] = []): string | undefined {
  if (path.length > DEEPEST) return undefined;
  const view = viewOf(schemas, list);
  return ownContradiction(schemas, view, path) ?? branches(schemas, view, path);
}

/** The same without looking at alternatives. */
function ownContradiction(schemas: Schemas, view: View, path: readonly string[]): string | undefined {
  const where = path.length === 0 ? 'the event' : formatPointer(path);
  if (view.isForbidden) return `${where} is not allowed, and cannot be left out`;
  if (view.kinds.size === 0) return `${where} would have to be of two types at once`;
  if (view.allowed?.length === 0) return `no value is left for ${where}`;
  return limits(view, where) ?? members(schemas, view, path);
}

function limits({ kinds, limits: found }: View, where: string): string | undefined {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = found;
  const isNumber = [...kinds].every((kind) => kind === 'integer' || kind === 'fraction');
  if (isNumber && minimum > maximum) return `${where} would have to be at least ${minimum} and at most ${maximum}`;
  for (const [least, most, kind] of PAIRS) {
    const isOnly = kinds.size === 1 && kinds.has(kind);
    const [low, high] = [found[least] ?? 0, found[most] ?? Number.POSITIVE_INFINITY];
    if (isOnly && low > high) return `${least} of ${where} is ${low}, and ${most} is ${high}`;
  }
  return undefined;
}

/** Whether every one of several alternatives contradicts what holds beside it. */
function branches(schemas: Schemas, { nodes }: View, path: readonly string[]): string | undefined {
  for (const node of nodes) {
    for (const parts of [node.anyOf, node.oneOf]) {
      if (!Array.isArray(parts) || parts.length === 0) continue;
      const reasons = parts.map((part: Schema) => ownContradiction(schemas, viewOf(schemas, [...nodes, part]), path));
      if (reasons.every((reason) => reason !== undefined)) return `none of the alternatives is left: ${reasons[0]}`;
    }
  }
  return undefined;
}

function members(schemas: Schemas, view: View, path: readonly string[]): string | undefined {
  if (view.kinds.size !== 1 || !view.kinds.has('object')) return undefined;
  for (const name of view.required) {
    const why = contradiction(schemas, memberSchemas(view, name), [...path, name]);
    if (why !== undefined) return why;
  }
  return undefined;
}
