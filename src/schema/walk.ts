import { formatPointer } from '../event/pointer.js';

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
}

// Under these keywords stand schemas by names that are not keywords.
const MAPS = new Set(['properties', 'patternProperties', 'definitions', '$defs', 'dependentSchemas', 'dependencies']);
// Under these stand plain values, whatever they look like.
const VALUES = new Set(['enum', 'const', 'default', 'examples', 'example', 'x-respool']);
const NOMINAL_ROOT = 'schema:///';

/** Visits every schema object of a file, outermost first. What stands under an unknown keyword is taken for a schema. */
export function* schemaNodes(root: unknown, fileUri: string, idKey: 'id' | '$id'): Generator<SchemaNode> {
  const bases = { real: fileUri, nominal: NOMINAL_ROOT };
  const pending: SchemaNode[] = isObject(root) ? [{ node: root, path: [], bases }] : [];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const current = { ...next, bases: ownBases(next, idKey) };
    yield current;
    pending.push(...childrenOf(current).reverse());
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

function ownBases({ node, bases }: SchemaNode, idKey: 'id' | '$id'): Bases {
  const id = node[idKey];
  if (typeof id !== 'string' || id.startsWith('#')) return bases;
  const resolve = (base: string) => splitUri(resolveUri(id, base) ?? base).resource;
  return { real: resolve(bases.real), nominal: resolve(bases.nominal) };
}

function childrenOf({ node, path, bases }: SchemaNode): SchemaNode[] {
  return Object.entries(node).flatMap(([key, value]) => {
    if (VALUES.has(key) || typeof value !== 'object' || value === null) return [];
    if (!Array.isArray(value) && !MAPS.has(key)) return [{ node: value as MutableObject, path: [...path, key], bases }]; // an object of JSON
    return Object.entries(value).flatMap(([name, child]) =>
      isObject(child) ? [{ node: child, path: [...path, key, name], bases }] : [],
    );
  });
}
