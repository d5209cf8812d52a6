import type { ErrorObject } from 'ajv';

/**
 * What one schema object of the catalog has against a value that stands at `instancePath`; undefined when it cannot be
 * asked alone.
 */
export type CheckPart = (node: unknown, value: unknown, instancePath: string) => readonly ErrorObject[] | undefined;

/** An error, and of which alternative it is: `alternative 2 of 3, which came closest`. */
export interface PlacedError {
  readonly error: ErrorObject;
  readonly alternative?: string;
}

/**
 * Where a value fits none of several alternatives, keeps what the one that came closest has against it, in place of what
 * all of them have. ajv tells the errors of all alternatives one after another, and then that none fits.
 */
export function closestAlternatives(errors: readonly ErrorObject[], checkPart: CheckPart): readonly PlacedError[] {
  const placed: PlacedError[] = [];
  for (let at = errors.length - 1; at >= 0; at--) {
    const outer = errors[at];
    if (outer === undefined) continue;
    const before = errors.slice(0, at);
    const branches = branchesOf(outer, before, checkPart);
    if (branches === undefined) placed.push({ error: outer });
    else {
      placed.push(...toldOf(outer, branches, checkPart).toReversed());
      at -= branches.flat().length;
    }
  }
  return placed.reverse();
}

type Branches = readonly (readonly ErrorObject[])[];

/** What each alternative has against the value; undefined when this is no such error, or it cannot be told apart. */
function branchesOf(outer: ErrorObject, before: readonly ErrorObject[], checkPart: CheckPart): Branches | undefined {
  const { keyword, params, schema, data, instancePath } = outer;
  if ((keyword !== 'anyOf' && keyword !== 'oneOf') || Array.isArray(params.passingSchemas)) return undefined;
  const nodes: readonly unknown[] = Array.isArray(schema) ? schema : [];
  const branches: (readonly ErrorObject[])[] = [];
  for (const node of nodes) {
    const found = checkPart(node, data, instancePath);
    if (found === undefined || found.length === 0) return undefined;
    branches.push(found);
  }
  const all = branches.flat();
  const told = before.slice(before.length - all.length);
  const isSame = all.length <= before.length && told.every((error, at) => isAlike(error, all[at]));
  return branches.length > 0 && isSame ? branches : undefined;
}

function isAlike(error: ErrorObject, other: ErrorObject | undefined): boolean {
  return error.keyword === other?.keyword && error.instancePath === other.instancePath;
}

function toldOf(outer: ErrorObject, branches: Branches, checkPart: CheckPart): readonly PlacedError[] {
  // "must be a string or null" says it better than one of them.
  if (branches.every((errors) => isTypeAlone(errors, outer))) return branches.flat().map((error) => ({ error }));
  const scores = branches.map((errors) => distance(errors, outer));
  const best = scores.indexOf(Math.min(...scores));
  const alternative = `alternative ${best + 1} of ${branches.length}${titleOf(outer, best)}, which came closest`;
  const { propertyName } = outer;
  return closestAlternatives(branches[best] ?? [], checkPart).map((placed) => ({
    alternative: branches.length === 1 ? undefined : alternative,
    ...placed,
    ...(propertyName !== undefined && { error: { ...placed.error, propertyName } }),
  })) as readonly PlacedError[]; // an alternative that is undefined is one that is absent
}

function isTypeAlone([first, ...rest]: readonly ErrorObject[], { instancePath }: ErrorObject): boolean {
  return rest.length === 0 && first?.keyword === 'type' && first.instancePath === instancePath;
}

const WRONG_KIND = 10_000;
const WRONG_MARK = 100;

/** How far a value is from an alternative: another kind of value is further than another mark, that than other errors. */
function distance(errors: readonly ErrorObject[], { instancePath }: ErrorObject): number {
  return errors.reduce((sum, { keyword, instancePath: place }) => {
    if (place === instancePath && (keyword === 'type' || keyword === 'false schema')) return sum + WRONG_KIND;
    const isMark = (keyword === 'const' || keyword === 'enum') && !place.slice(instancePath.length + 1).includes('/');
    return sum + (isMark ? WRONG_MARK : 1);
  }, 0);
}

function titleOf({ schema }: ErrorObject, at: number): string {
  const node: unknown = Array.isArray(schema) ? schema[at] : undefined;
  const title: unknown = typeof node === 'object' && node !== null && 'title' in node ? node.title : undefined;
  return typeof title === 'string' ? ` (${title})` : '';
}
