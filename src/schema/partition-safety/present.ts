import type { Catalog } from '../catalog.js';
import type { Dialect } from '../dialect.js';
import { keywordsOf } from '../keywords.js';
import { isObject, type MutableObject } from '../walk.js';
import { fitsByName, type KnownName } from './known-name.js';
import { resolveReference } from './resolve.js';

/** Where schemas are looked into: what they refer to, the draft that they are checked in, and what is known already. */
export interface Ground {
  readonly catalog: Catalog;
  readonly dialect: Dialect;
  /** The name that stands in the value; undefined where it is not known, or stands elsewhere. */
  readonly name?: KnownName | undefined;
}

const DEEPEST = 32;

/** Members that an object cannot do without when it fits the schema and has those of `given`; those are among them. */
export function presentMembers(ground: Ground, schema: unknown, given: ReadonlySet<string>): ReadonlySet<string> {
  const present = new Set(given);
  // What one member brings along may bring along others.
  for (let before = -1; before !== present.size; ) {
    before = present.size;
    for (const name of demanded(ground, schema, { present, depth: 0 })) present.add(name);
  }
  return present;
}

/** What a member that is there brings along: names in `names`, and schemas that the whole object must fit. */
export function dependentsOf({ dialect }: Ground, schema: MutableObject, present: ReadonlySet<string>) {
  const known = keywordsOf(dialect);
  const keywords = ['dependentRequired', 'dependentSchemas', 'dependencies'].filter((each) => known.has(each));
  const values = keywords.flatMap((keyword) =>
    Object.entries(isObject(schema[keyword]) ? schema[keyword] : {}).flatMap(([name, value]) =>
      present.has(name) ? [value] : [],
    ),
  );
  return {
    names: values.flatMap((value) => (Array.isArray(value) ? value : [])),
    schemas: values.filter((value) => !Array.isArray(value)),
  };
}

/** The alternatives that an event can fit, list by list; one of each holds. */
export function alternativesOf(ground: Ground, schema: MutableObject): readonly (readonly unknown[])[] {
  const lists = [listOf(schema.anyOf), listOf(schema.oneOf), branchesOf(ground, schema)];
  const isPossible = (part: unknown) => fitsByName(ground, part) !== false;
  return lists.map((list) => list.filter(isPossible)).filter((list) => list.length > 0);
}

/** Both branches of a condition, or the one that is taken for events of this name. */
function branchesOf(ground: Ground, schema: MutableObject): readonly unknown[] {
  if (schema.if === undefined || !keywordsOf(ground.dialect).has('if')) return [];
  const holds = fitsByName(ground, schema.if);
  const whenTrue = schema.then === false ? false : { allOf: [schema.if, schema.then ?? true] };
  const otherwise = schema.else ?? true;
  return [...(holds === false ? [] : [whenTrue]), ...(holds === true ? [] : [otherwise])];
}

/** The items of what should be a list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

interface Search {
  readonly present: ReadonlySet<string>;
  readonly depth: number;
}

function demanded(ground: Ground, schema: unknown, { present, depth }: Search): ReadonlySet<string> {
  if (!isObject(schema) || depth > DEEPEST) return new Set();
  const deeper = (part: unknown) => demanded(ground, part, { present, depth: depth + 1 });
  const { names, schemas } = dependentsOf(ground, schema, present);
  const referred = typeof schema.$ref === 'string' ? [resolveReference(ground.catalog, schema.$ref)] : [];
  const all = [...referred, ...listOf(schema.allOf), ...schemas].flatMap((part) => [...deeper(part)]);
  const either = alternativesOf(ground, schema).flatMap((parts) => inEach(parts.map(deeper)));
  return new Set([...listOf(schema.required), ...names, ...all, ...either].filter((name) => typeof name === 'string'));
}

function inEach(sets: readonly ReadonlySet<string>[]): string[] {
  return [...(sets[0] ?? [])].filter((name) => sets.every((set) => set.has(name)));
}
