import { valueAt } from '../../event/pointer.js';
import type { Catalog } from '../catalog.js';
import { isObject, type MutableObject } from '../walk.js';
import { both, either, type Facts, ownFacts, UNKNOWN } from './facts.js';
import { type KnownName, nameBelow } from './known-name.js';
import { alternativesOf, dependentsOf, type Ground, listOf, presentMembers } from './present.js';
import { resolveReference } from './resolve.js';

/** What holds for the value at a pointer of every event that a set of schemas accepts. */
export interface FieldFacts extends Facts {
  /** Whether every such event has the value, null included. */
  readonly isGuaranteed: boolean;
}

/** Facts of a value and of those around it: the first is the event itself, the last what the pointer names. */
type Levels = readonly Facts[];

const DEEPEST = 32;

/**
 * Finds what schemas that hold together say of one field. References, `allOf`, alternatives, conditions and what one member
 * demands of others are followed; of conditions and alternatives only those that hold for events of the name, where it is
 * known.
 */
export function fieldFacts(
  catalog: Catalog,
  {
    uris,
    pointer,
    name,
  }: { readonly uris: readonly string[]; readonly pointer: readonly string[]; readonly name?: KnownName | undefined },
): FieldFacts {
  const roots = uris.map((uri) => ({
    schema: { $ref: uri },
    ground: { catalog, dialect: catalog.files.find((file) => file.uri === uri)?.dialect ?? '2020-12', name },
  }));
  // Twice: what one schema demands may bring along something by another.
  const round = (given: ReadonlySet<string>) =>
    roots.reduce((present, { schema, ground }) => presentMembers(ground, schema, present), given);
  const present = round(round(new Set()));
  const levels = roots
    .map(({ schema, ground }) => levelsOf(ground, schema, { pointer, depth: 0, present }))
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
  /** Members that the object is known to have. */
  readonly present: ReadonlySet<string>;
}

function levelsOf(ground: Ground, schema: unknown, walk: Walk): Levels {
  const { pointer, depth } = walk;
  if (!isObject(schema) || depth > DEEPEST) return unknown(pointer.length);
  const present = presentMembers(ground, schema, walk.present);
  const deeper = (part: unknown) => levelsOf(ground, part, { pointer, depth: depth + 1, present });
  const dependents = dependentsOf(ground, schema, present);
  const found: Levels[] = [[ownFacts(schema), ...membersOf(ground, schema, { pointer, depth, present })]];
  if (typeof schema.$ref === 'string') found.push(deeper(resolveReference(ground.catalog, schema.$ref)));
  for (const part of [...listOf(schema.allOf), ...dependents.schemas]) found.push(deeper(part));
  for (const parts of alternativesOf(ground, schema)) {
    found.push(parts.map(deeper).reduce((a, b) => joined(a, b, either)));
  }
  return found.reduce((a, b) => joined(a, b, both));
}

/** What the schema says of the next member on the way, and of those below it. */
function membersOf(ground: Ground, schema: MutableObject, { pointer, depth, present }: Walk): Levels {
  const [head, ...rest] = pointer;
  if (head === undefined) return [];
  const member = isObject(schema.properties) ? valueAt(schema.properties, [head]) : undefined;
  const inside = { ...ground, name: nameBelow(ground.name, head) };
  const below = levelsOf(inside, member, { pointer: rest, depth: depth + 1, present: new Set() });
  const [first = UNKNOWN, ...others] = below;
  return [{ ...first, isRequired: present.has(head) }, ...others];
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
