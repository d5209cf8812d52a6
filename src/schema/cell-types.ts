import { parsePointer, valueAt } from '../event/pointer.js';
import type { CellType } from '../event/rows/row-shape.js';
import type { Catalog } from './catalog.js';
import { isObject, splitUri } from './walk.js';

type Kind = CellType['kind'];

const KINDS: Readonly<Record<string, Kind>> = {
  string: 'text',
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
  object: 'json',
  array: 'json',
};
const DEEPEST = 32;

/**
 * The types of the members that the schema for all events names at its top level, through references, `allOf` and
 * alternatives. What is contradictory or not said is text.
 */
export function cellTypes(catalog: Catalog): Record<string, CellType> {
  const found = new Map<string, unknown[]>();
  if (catalog.envelope !== undefined) collect(catalog, { $ref: catalog.envelope }, { found, depth: 0 });
  return Object.fromEntries([...found].map(([name, schemas]) => [name, cellType(catalog, schemas)]));
}

/** The members that the schema for all events names at its top level and that hold one value each. */
export function declaredValues(catalog: Catalog): ReadonlySet<string> {
  return new Set(Object.entries(cellTypes(catalog)).flatMap(([name, { kind }]) => (kind === 'json' ? [] : [name])));
}

interface Collection {
  readonly found: Map<string, unknown[]>;
  readonly depth: number;
}

/** Collects the schemas of each top-level member. */
function collect(catalog: Catalog, schema: unknown, { found, depth }: Collection): void {
  if (!isObject(schema) || depth > DEEPEST) return;
  for (const [name, member] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
    found.set(name, [...(found.get(name) ?? []), member]);
  }
  for (const part of partsOf(catalog, schema)) collect(catalog, part, { found, depth: depth + 1 });
}

/** The schemas that hold beside a schema: what it refers to, and all of `allOf`. */
function partsOf(catalog: Catalog, schema: { readonly [key: string]: unknown }): unknown[] {
  const { $ref, allOf } = schema;
  const target = typeof $ref === 'string' ? [lookUp(catalog, $ref)] : [];
  return Array.isArray(allOf) ? [...target, ...allOf] : target;
}

function lookUp({ files }: Catalog, reference: string): unknown {
  const { resource, fragment } = splitUri(reference);
  const file = files.find(({ uri }) => uri === resource);
  if (file === undefined || (fragment !== '' && !fragment.startsWith('/'))) return undefined;
  return fragment === '' ? file.schema : valueAt(file.schema, parsePointer(decodeURIComponent(fragment)));
}

function cellType(catalog: Catalog, schemas: readonly unknown[]): CellType {
  const said = schemas.flatMap((schema) => typesOf(catalog, schema, 0) ?? []);
  const shared = said.slice(1).reduce((types, next) => intersect(types, next), said[0] ?? new Set<string>());
  const kinds = new Set([...shared].flatMap((type) => KINDS[type] ?? []));
  if (kinds.has('number')) kinds.delete('integer');
  const [kind] = kinds;
  return { kind: kinds.size === 1 && kind !== undefined ? kind : 'text', nullable: shared.has('null') };
}

/** The types that a schema allows, undefined when it does not say. */
function typesOf(catalog: Catalog, schema: unknown, depth: number): Set<string> | undefined {
  if (!isObject(schema) || depth > DEEPEST) return undefined;
  const below = (parts: readonly unknown[]) => parts.map((part) => typesOf(catalog, part, depth + 1));
  const said = [...below(partsOf(catalog, schema)), ownTypes(schema), alternatives(below(anyOf(schema)))];
  const known = said.filter((types) => types !== undefined);
  return known.length === 0 ? undefined : known.reduce(intersect);
}

function anyOf({ anyOf: any, oneOf: one }: { readonly [key: string]: unknown }): readonly unknown[] {
  if (Array.isArray(any)) return any;
  return Array.isArray(one) ? one : [];
}

function alternatives(types: readonly (Set<string> | undefined)[]): Set<string> | undefined {
  if (types.length === 0 || types.includes(undefined)) return undefined;
  return new Set(types.flatMap((some) => [...(some ?? [])]));
}

function ownTypes({ type, enum: values, const: value, nullable }: { readonly [key: string]: unknown }) {
  if (typeof type === 'string') return new Set(nullable === true ? [type, 'null'] : [type]);
  if (Array.isArray(type)) return new Set(type.filter((name) => typeof name === 'string'));
  if (Array.isArray(values)) return new Set(values.map(typeOfValue));
  return value === undefined ? undefined : new Set([typeOfValue(value)]);
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function intersect(a: Set<string>, b: Set<string>): Set<string> {
  const both = new Set([...a].filter((type) => b.has(type)));
  if ((a.has('number') && b.has('integer')) || (a.has('integer') && b.has('number'))) both.add('integer');
  return both;
}
