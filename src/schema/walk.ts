import { formatPointer } from '../event/pointer.js';
import { type Dialect, idKeyword } from './dialect.js';
import { ignoresBesideReference, isExpected } from './keywords.js';

/** A JSON object that its reader may change: a schema that has just been read. */
export type MutableObject = { [key: string]: unknown };

/** The URIs, without fragments, against which the references of a schema object may be meant. */
export interface Bases {
  /** From the file's own URI and the ids around the object, as JSON Schema wants it. */
  readonly real: string;
  /** From the ids alone: files that name themselves relative to a root that is not where they lie. */
  readonly nominal: string;
}

/** One schema object in a file. */
export interface SchemaNode {
  readonly node: MutableObject;
  /** Tokens of its JSON Pointer in the file. */
  readonly path: readonly string[];
  readonly bases: Bases;
  /** The id that it gives itself, where that is one: not in a place that may hold no schema at all. */
  readonly id: string | undefined;
  /** Whether it stands where a keyword holds a schema; what stands under an unknown keyword may be one or not. */
  readonly isCertain: boolean;
}

// Under these keywords stand schemas by names that are not keywords.
const MAPS = new Set(['properties', 'patternProperties', 'definitions', '$defs', 'dependentSchemas', 'dependencies']);
// Under these stand plain values, whatever they look like.
const VALUES = new Set(['enum', 'const', 'default', 'examples', 'example', 'x-respool']);
const NOMINAL_ROOT = 'schema:///';

/** Visits every schema object of a file, outermost first. What stands under an unknown keyword is taken for a schema. */
export function* schemaNodes(root: unknown, fileUri: string, dialect: Dialect): Generator<SchemaNode> {
  const bases = { real: fileUri, nominal: NOMINAL_ROOT };
  const first = isObject(root) ? [{ node: root, path: [], bases, id: undefined, isCertain: true }] : [];
  const pending: SchemaNode[] = first;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const current = identified(next, dialect);
    yield current;
    for (const child of childrenOf(current, dialect).reverse()) pending.push(child);
  }
}

/** The URI that `reference` means when it stands in a schema with this base; undefined when it is no URI. */
export function resolveUri(reference: string, base: string): string | undefined {
  return URL.canParse(reference, base) ? new URL(reference, base).href : undefined;
}

/** A URI and its fragment, which is empty when there is none. */
export function splitUri(uri: string): { readonly resource: string; readonly fragment: string } {
  const at = uri.indexOf('#');
  return at < 0 ? { resource: uri, fragment: '' } : { resource: uri.slice(0, at), fragment: uri.slice(at + 1) };
}

/** Where a schema object stands in its file, as messages say it: `#/properties/id`. */
export function placeOf(path: readonly string[]): string {
  return `#${formatPointer(path)}`;
}

/** Whether a parsed value is a JSON object. */
export function isObject(value: unknown): value is MutableObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function identified(found: SchemaNode, dialect: Dialect): SchemaNode {
  const { node, path, bases, isCertain } = found;
  const id = node[idKeyword(dialect)];
  if (typeof id !== 'string' || id.startsWith('#') || !isCertain) return found;
  // A file's own id is honoured beside a $ref in every draft: generators of schemas write it so.
  if (path.length > 0 && typeof node.$ref === 'string' && ignoresBesideReference(dialect)) return found;
  const resolve = (base: string) => splitUri(resolveUri(id, base) ?? base).resource;
  return { ...found, id, bases: { real: resolve(bases.real), nominal: resolve(bases.nominal) } };
}

function childrenOf({ node, path, bases, isCertain }: SchemaNode, dialect: Dialect): SchemaNode[] {
  return Object.entries(node).flatMap(([key, value]) => {
    if (VALUES.has(key) || typeof value !== 'object' || value === null) return [];
    const place = { bases, id: undefined, isCertain: isCertain && isExpected(key, dialect) };
    if (!Array.isArray(value) && !MAPS.has(key)) {
      return [{ ...place, node: value as MutableObject, path: [...path, key] }]; // an object of JSON
    }
    return Object.entries(value).flatMap(([name, child]) =>
      isObject(child) ? [{ ...place, node: child, path: [...path, key, name] }] : [],
    );
  });
}
