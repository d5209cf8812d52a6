import { isObject, type MutableObject } from '../walk.js';
import { isSchema, type Schema, type Schemas } from './schemas.js';
import { textsFor } from './texts.js';
import { elementSchemas, type Kind, memberSchemas, namesOf, type View, viewOf } from './view.js';

const DEEPEST = 24;

/** What a generated value should be like, beyond being valid. */
export interface Wish {
  /** Members and elements on this path are made, also when they are optional. */
  readonly path?: readonly string[];
  /** Which of several possibilities is taken, where there are several. */
  readonly variant?: number;
}

/** Makes a small value that the schemas at one place probably accept: only a checker knows. */
export function generate(schemas: Schemas, list: readonly Schema[], wish: Wish = {}, depth = 0): unknown {
  const { path = [], variant = 0 } = wish;
  const view = viewOf(schemas, withBranches(schemas, list, variant));
  if (view.allowed !== undefined && view.allowed.length > 0) return view.allowed[variant % view.allowed.length];
  const wanted = path.length > 0 ? containerKind(view, path[0] ?? '') : undefined;
  const kind = wanted ?? preferredKind(view, depth, variant);
  if (kind === 'object') return generateObject(schemas, view, { path, variant }, depth);
  if (kind === 'array') return generateArray(schemas, view, { path, variant }, depth);
  return scalarsFor(view, kind)[Math.floor(variant / 4)] ?? scalarsFor(view, kind)[0] ?? null;
}

/** Values of one kind that are worth trying, the most fitting first. */
export function scalarsFor(view: View, kind: Kind): readonly unknown[] {
  const { limits } = view;
  if (kind === 'string') return textsFor(textRules(view));
  if (kind === 'integer' || kind === 'fraction') return numbersFor(view, kind);
  if (kind === 'boolean') return [true, false];
  return kind === 'null' ? [null] : kind === 'array' ? [Array(limits.minItems ?? 0).fill('a')] : [{}];
}

function textRules({ nodes, limits }: View) {
  const texts = (keyword: string) => nodes.flatMap((node) => (typeof node[keyword] === 'string' ? node[keyword] : []));
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = limits;
  return { formats: texts('format'), patterns: texts('pattern'), minLength, maxLength };
}

function numbersFor({ nodes, limits }: View, kind: 'integer' | 'fraction'): readonly number[] {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = limits;
  const { exclusiveMinimum: above = minimum - 1, exclusiveMaximum: below = maximum + 1 } = limits;
  const steps = nodes.flatMap(({ multipleOf }) => (typeof multipleOf === 'number' ? [multipleOf] : []));
  const near = [minimum, maximum, above, below].filter(Number.isFinite);
  const around = near.flatMap((limit) => [limit, limit + 1, limit - 1, limit + 0.5, limit - 0.5]);
  const multiples = steps.flatMap((step) => [step, ...near.map((limit) => Math.ceil(limit / step) * step)]);
  const all = [1, 0, ...around, ...multiples, 1.5, 0.5, -1].filter(
    (number) => kind === 'fraction' || Number.isInteger(number),
  );
  const isStep = (number: number) => steps.every((step) => Number.isInteger(number / step));
  const isFit = (number: number) =>
    number >= minimum && number <= maximum && number > above && number < below && isStep(number);
  return [...new Set([...all.filter(isFit), ...all])];
}

function generateObject(schemas: Schemas, view: View, { path, variant }: Required<Wish>, depth: number): MutableObject {
  const made: MutableObject = {};
  const [wanted, ...rest] = path;
  const names = new Set(view.required);
  if (wanted !== undefined) names.add(wanted);
  for (const name of namesOf(view)) if (names.size < (view.limits.minProperties ?? 0)) names.add(name);
  for (let i = 1; names.size < (view.limits.minProperties ?? 0) && i < 1_000; i++) names.add(`member_${i}`);
  if (depth >= DEEPEST) return made;
  for (const name of names) {
    const wish = name === wanted ? { path: rest, variant } : { variant };
    made[name] = generate(schemas, memberSchemas(view, name), wish, depth + 1);
  }
  return made;
}

function generateArray(schemas: Schemas, view: View, { path, variant }: Required<Wish>, depth: number): unknown[] {
  const [wanted, ...rest] = path;
  const length = Math.min(1_000, Math.max(view.limits.minItems ?? 0, wanted === undefined ? 0 : Number(wanted) + 1));
  if (depth >= DEEPEST) return [];
  const isUnique = view.rules.has('uniqueItems');
  return Array.from({ length }, (_, index) => {
    const wish =
      String(index) === wanted ? { path: rest, variant } : { variant: isUnique ? variant + 4 * index : variant };
    return generate(schemas, elementSchemas(view, index), wish, depth + 1);
  });
}

/** The schemas, and of each choice among them one branch. */
function withBranches(schemas: Schemas, list: readonly Schema[], variant: number): readonly Schema[] {
  let found = list;
  for (let round = 0; round < 3; round++) {
    const chosen = schemas.flatten(found).flatMap((node) => (isObject(node) ? branchesOf(node, variant) : []));
    const more = chosen.filter((branch) => !found.includes(branch));
    if (more.length === 0) return found;
    found = [...found, ...more];
  }
  return found;
}

function branchesOf(node: MutableObject, variant: number): readonly Schema[] {
  const choices = [node.anyOf, node.oneOf].filter(Array.isArray).map((choice) => choice[variant % choice.length]);
  const condition = node.if === undefined ? [] : variant % 2 === 0 ? [node.else] : [node.if, node.then];
  return [...choices, ...condition].filter(isSchema);
}

function containerKind({ kinds }: View, token: string): Kind | undefined {
  if (kinds.has('object') && !(kinds.has('array') && /^\d+$/u.test(token))) return 'object';
  return kinds.has('array') ? 'array' : undefined;
}

function preferredKind(view: View, depth: number, variant: number): Kind {
  const { kinds, nodes, required } = view;
  const isTyped = nodes.some(({ type }) => type !== undefined);
  const hasMembers = required.size > 0 || nodes.some(({ properties }) => properties !== undefined);
  if (kinds.has('object') && (depth === 0 || (!isTyped && hasMembers))) return 'object';
  const useful = [...kinds].filter((kind) => kind !== 'null');
  return useful[isTyped ? Math.floor(variant / 8) % Math.max(useful.length, 1) : 0] ?? 'null';
}
