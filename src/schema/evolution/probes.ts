import { isObject } from '../walk.js';
import type { Difference, Pair } from './differences.js';
import { generate, scalarsFor } from './generator.js';
import type { Schemas } from './schemas.js';
import { fromPattern } from './texts.js';
import { type Kind, kindOf, namesOf, type View } from './view.js';

/** Stands for a member that is not there. */
export const ABSENT = Symbol('absent');

const OTHERS: readonly unknown[] = [
  'text',
  1,
  1.5,
  true,
  null,
  {},
  [],
  '',
  0,
  -1,
  'some other text',
  ['a'],
  { a: 1 },
  ['a', 'a'],
  [1, 1],
];
const MOST = 10_000;
const BRANCHES = 8;

/** Values that may show a difference when they stand at its place, the plainest first. */
export function probesFor({ before, after, rule }: Difference, schemas: Pair<Schemas>): readonly unknown[] {
  if (rule === 'required') return [ABSENT];
  const sides = [
    { view: before, schemas: schemas.before },
    { view: after, schemas: schemas.after },
  ];
  const allowed = sides.flatMap(({ view }) => view.allowed ?? []);
  const made = sides.flatMap((side) =>
    Array.from({ length: BRANCHES }, (_, variant) => generate(side.schemas, side.view.nodes, { variant })),
  );
  const scalars = sides.flatMap(({ view }) => [...view.kinds].flatMap((kind) => scalarsFor(view, kind)));
  const sized = sides.flatMap(({ view, schemas: own }) => sizedValues(view, own));
  const mutants = made.flatMap((value) =>
    mutantsOf(
      value,
      sides.map(({ view }) => view),
    ),
  );
  return unique([...allowed, ...made, ...sized, ...scalars, ...OTHERS, ...mutants]);
}

/** Values around each limit. */
function sizedValues({ limits, nodes }: View, schemas: Schemas): readonly unknown[] {
  return Object.entries(limits).flatMap(([keyword, limit]) => {
    if (limit > MOST) return [];
    const around = [limit, limit + 1, limit - 1].filter((size) => size >= 0);
    if (keyword.endsWith('Length')) {
      const patterns = nodes.flatMap(({ pattern }) => (typeof pattern === 'string' ? fromPattern(pattern) : []));
      return around.flatMap((size) =>
        ['a', 'A', '1', ...patterns].map((text) => text.padEnd(size, text.at(-1) ?? 'a').slice(0, size)),
      );
    }
    if (keyword.endsWith('Items')) return around.map((size) => elements(nodes, schemas, size));
    if (keyword.endsWith('Properties')) return around.map((size) => members(nodes, schemas, size));
    return around.flatMap((number) => [number, number + 0.5, number - 0.5]);
  });
}

function elements(nodes: View['nodes'], schemas: Schemas, size: number): unknown {
  const exact = { minItems: size };
  return generate(schemas, [{ type: 'array', ...exact }, ...nodes]);
}

function members(nodes: View['nodes'], schemas: Schemas, size: number): unknown {
  return generate(schemas, [{ type: 'object', minProperties: size }, ...nodes]);
}

/** An object without each of its members, with each of another kind, and with one more; an array with its elements twice. */
function mutantsOf(value: unknown, views: readonly View[]): readonly unknown[] {
  if (Array.isArray(value)) return [[], [...value, ...value], [...value, null], [...value, 1], [...value, 'text']];
  if (!isObject(value)) return [];
  const names = [...new Set([...Object.keys(value), ...views.flatMap(branchNames), 'unlisted_member'])];
  return names.flatMap((name) => {
    const { [name]: old, ...rest } = value;
    const others = OTHERS.filter((other) => !isSameKind(kindOf(other), kindOf(old)) || old === undefined).slice(0, 7);
    return [rest, ...others.map((other) => ({ ...value, [name]: other }))];
  });
}

function branchNames(view: View): readonly string[] {
  const branches = view.nodes.flatMap(({ anyOf, oneOf, ...node }) =>
    [anyOf, oneOf, [node.if, node.then, node.else]].flat(),
  );
  return [
    ...namesOf(view),
    ...branches.flatMap((branch) =>
      isObject(branch) && isObject(branch.properties) ? Object.keys(branch.properties) : [],
    ),
  ];
}

function isSameKind(a: Kind, b: Kind): boolean {
  return a === b;
}

function unique(values: readonly unknown[]): readonly unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
