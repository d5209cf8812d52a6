import type { ErrorObject } from 'ajv';
import { formatPointer } from '../event/pointer.js';
import type { Problem } from './check.js';
import { tell } from './messages.js';

const MOST_PROBLEMS = 100;
// These only say that what they hold has failed, and that has been told already.
const WRAPPERS = new Set(['if', 'propertyNames']);
const ALTERNATIVES = new Set(['anyOf', 'oneOf']);

/** Names the file and the pointer of a schema object, where it is known. */
type PlaceOf = (node: unknown) => string | undefined;

/** What ajv (thorough) found, in words. Alternatives at one place are told as one problem. */
export function tellProblems(errors: readonly ErrorObject[], placeOf: PlaceOf): readonly Problem[] {
  const told: Problem[] = [];
  const types = new Map<string, ErrorObject[]>();
  for (const error of errors) {
    if (error.keyword !== 'type') continue;
    types.set(error.instancePath, [...(types.get(error.instancePath) ?? []), error]);
  }
  for (const error of errors) {
    const group = error.keyword === 'type' ? (types.get(error.instancePath) ?? [error]) : [error];
    if (group[0] !== error || isImplied(error, errors)) continue;
    told.push({
      pointer: pointerOf(error),
      rule: error.keyword,
      message: group.length > 1 ? tell(error, group) : tell(error, group) + besides(error, errors),
      ...placeOfRule(error, placeOf),
    });
    if (told.length === MOST_PROBLEMS) break;
  }
  return told;
}

/** Says that another alternative would do as well. */
function besides(error: ErrorObject, errors: readonly ErrorObject[]): string {
  const alternative = alternativeOf(error, errors);
  return alternative === undefined ? '' : ` (in alternative ${Number(alternative) + 1})`;
}

function isImplied(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  if (errors.some((other) => other.keyword === 'contains' && isRuleWithin(error, other))) return true;
  if (WRAPPERS.has(error.keyword)) return errors.some((other) => other !== error && isWithin(other, error));
  if (!ALTERNATIVES.has(error.keyword) || isAmbiguous(error)) return false;
  return errors.some((other) => other !== error && !ALTERNATIVES.has(other.keyword) && isWithin(other, error));
}

function isWithin(inner: ErrorObject, outer: ErrorObject): boolean {
  return inner.instancePath === outer.instancePath || inner.instancePath.startsWith(`${outer.instancePath}/`);
}

function isRuleWithin(inner: ErrorObject, outer: ErrorObject): boolean {
  return inner.schemaPath.startsWith(`${outer.schemaPath}/`) && isWithin(inner, outer);
}

/** Which of several alternatives a rule is part of, from 1; undefined when it must hold in any case. */
function alternativeOf(error: ErrorObject, errors: readonly ErrorObject[]): string | undefined {
  const outer = errors.find((other) => ALTERNATIVES.has(other.keyword) && isRuleWithin(error, other));
  return outer && error.schemaPath.slice(outer.schemaPath.length + 1).split('/', 1)[0];
}

/** Whether a value fits several alternatives of which it may only fit one. */
function isAmbiguous({ params }: ErrorObject): boolean {
  return Array.isArray(params.passingSchemas);
}

function pointerOf({ instancePath, params }: ErrorObject): string {
  const member: unknown = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty;
  return typeof member === 'string' ? instancePath + formatPointer([member]) : instancePath;
}

function placeOfRule({ keyword, parentSchema }: ErrorObject, placeOf: PlaceOf): { readonly schemaPath?: string } {
  const place = placeOf(parentSchema);
  return place === undefined ? {} : { schemaPath: `${place}/${keyword}` };
}
