import { valueAt } from '../../event/pointer.js';
import type { Catalog } from '../catalog.js';
import { isObject, type MutableObject } from '../walk.js';
import { both, either, type Facts, ownFacts, UNKNOWN } from './facts.js';
import { resolveReference } from './resolve.js';

/** What holds for the value at a pointer of every event that a set of schemas accepts. */
export interface FieldFacts extends Facts {
  /** Whether every such event has the value, null included. */
  readonly isGuaranteed: boolean;
}

/** Facts of a value and of those around it: the first is the event itself, the last what the pointer names. */
type Levels = readonly Facts[];

const DEEPEST = 32;

/** Finds what schemas that hold together say of one field. References, `allOf` and alternatives are followed. */
export function fieldFacts(catalog: Catalog, uris: readonly string[], pointer: readonly string[]): FieldFacts {
  const levels = uris
    .map((uri) => levelsOf(catalog, { $ref: uri }, { pointer, depth: 0 }))
    .reduce((a, b) => joined(a, b, both), unknown(pointer.length));
  const steps = levels.slice(1);
  const isGuaranteed = steps.every(
    ({ isRequired }, at) => isRequired && (at === 0 || isObjectOnly(steps[at - 1] ?? UNKNOWN)),
  );
  return { ...(levels.at(-1) ?? UNKNOWN), isGuaranteed };
}

interface Walk {
  readonly pointer: readonly string[];
  readonly depth: number;
}

function levelsOf(catalog: Catalog, schema: unknown, walk: Walk): Levels {
  const { pointer, depth } = walk;
  if (!isObject(schema) || depth > DEEPEST) return unknown(pointer.length);
  const deeper = (part: unknown) => levelsOf(catalog, part, { pointer, depth: depth + 1 });
  const anyOf = (parts: readonly unknown[]) => parts.map(deeper).reduce((a, b) => joined(a, b, either));
  const found: Levels[] = [[ownFacts(schema), ...membersOf(catalog, schema, walk)]];
  if (typeof schema.$ref === 'string') found.push(deeper(resolveReference(catalog, schema.$ref)));
  for (const part of listOf(schema.allOf)) found.push(deeper(part));
  for (const parts of [listOf(schema.anyOf), listOf(schema.oneOf)]) if (parts.length > 0) found.push(anyOf(parts));
  if (schema.if !== undefined) found.push(anyOf([{ allOf: [schema.if, schema.then] }, schema.else]));
  return found.reduce((a, b) => joined(a, b, both));
}

/** What the schema says of the next member on the way, and of those below it. */
function membersOf(catalog: Catalog, schema: MutableObject, { pointer, depth }: Walk): Levels {
  const [head, ...rest] = pointer;
  if (head === undefined) return [];
  const member = isObject(schema.properties) ? valueAt(schema.properties, [head]) : undefined;
  const [first = UNKNOWN, ...below] = levelsOf(catalog, member, { pointer: rest, depth: depth + 1 });
  return [{ ...first, isRequired: listOf(schema.required).includes(head) }, ...below];
}

function joined(a: Levels, b: Levels, join: (a: Facts, b: Facts) => Facts): Levels {
  return a.map((facts, at) => join(facts, b[at] ?? UNKNOWN));
}

function unknown(steps: number): Levels {
  return Array.from({ length: steps + 1 }, () => UNKNOWN);
}

function isObjectOnly({ types }: Facts): boolean {
  return types.size === 1 && types.has('object');
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
