import type { ErrorObject } from 'ajv';
import { formatPointer } from '../event/pointer.js';
import { type CheckPart, closestAlternatives } from './alternatives.js';
import type { Problem } from './check.js';
import { tell, tellRedacted } from './messages.js';
import { type Redaction, redactionOf } from './redaction.js';

const LONGEST_VALUE = 200;
// These only say that what they hold has failed, and that has been told already.
const WRAPPERS = new Set(['if', 'propertyNames']);
const ALTERNATIVES = new Set(['anyOf', 'oneOf']);

/** Names the file and the pointer of a schema object, where it is known. */
type PlaceOf = (node: unknown) => string | undefined;

/** How problems are told. */
export interface Telling {
  /** How many are told at most; one more says how many are left. All when absent. */
  readonly most?: number;
  /** What must not be told. Nothing is hidden when absent. */
  readonly redaction?: Redaction;
  /** Asks the parts of a schema, to find the alternative that came closest; absent, what all of them say is told. */
  readonly checkPart?: CheckPart;
}

/** What ajv (thorough) found, in words. Of several alternatives the one that came closest is told. */
export function tellProblems(
  found: readonly ErrorObject[],
  placeOf: PlaceOf,
  { most = Number.POSITIVE_INFINITY, redaction = redactionOf([]), checkPart = () => undefined }: Telling = {},
): readonly Problem[] {
  const placed = closestAlternatives(found, checkPart);
  const errors = placed.map(({ error }) => error);
  const told: Problem[] = [];
  let more = 0;
  const contains = errors.filter(({ keyword }) => keyword === 'contains');
  const types = new Map<string, ErrorObject[]>();
  for (const error of errors) {
    if (error.keyword !== 'type') continue;
    types.set(error.instancePath, [...(types.get(error.instancePath) ?? []), error]);
  }
  for (const { error, alternative } of placed) {
    const group = error.keyword === 'type' ? (types.get(error.instancePath) ?? [error]) : [error];
    if (group[0] !== error || isImplied(error, errors, contains)) continue;
    if (told.length >= most) {
      more++;
      continue;
    }
    told.push({
      pointer: shownPointer(error, redaction),
      rule: error.keyword,
      message: messageOf(error, group, redaction) + (alternative === undefined ? '' : ` (${alternative})`),
      ...guiltyValue(error, redaction),
      ...placeOfRule(error, placeOf),
    });
  }
  if (more > 0)
    told.push({
      pointer: '',
      rule: 'more_problems',
      message: `and ${more} more ${more === 1 ? 'problem' : 'problems'}`,
    });
  return told;
}

function messageOf(error: ErrorObject, group: readonly ErrorObject[], redaction: Redaction): string {
  if (redaction.hides(error.instancePath) || redaction.hides(pointerOf(error))) return tellRedacted(error, group);
  return tell({ ...error, data: redaction.mask(error.data, error.instancePath) }, group);
}

/** The guilty value, which is a member of what ajv names when that member is not allowed. */
function guiltyValue(error: ErrorObject, redaction: Redaction): { readonly value?: string } {
  if (error.params.missingProperty !== undefined) return {};
  const pointer = pointerOf(error);
  const value = pointer === error.instancePath ? error.data : Object(error.data)[memberOf(error) ?? ''];
  if (redaction.hides(pointer)) return { value: '[redacted]' };
  const text = JSON.stringify(redaction.mask(value, pointer));
  if (text === undefined) return {};
  return { value: text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text };
}

function isImplied(error: ErrorObject, errors: readonly ErrorObject[], contains: readonly ErrorObject[]): boolean {
  if (contains.some((other) => isRuleWithin(error, other))) return true;
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

/** Whether a value fits several alternatives of which it may only fit one. */
function isAmbiguous({ params }: ErrorObject): boolean {
  return Array.isArray(params.passingSchemas);
}

function pointerOf(error: ErrorObject): string {
  const member = memberOf(error);
  return member === undefined ? error.instancePath : error.instancePath + formatPointer([member]);
}

/** The name of what is missing stands in the schema, and may be told. */
function shownPointer(error: ErrorObject, redaction: Redaction): string {
  const { missingProperty } = error.params;
  if (typeof missingProperty !== 'string') return redaction.shown(pointerOf(error));
  return redaction.shown(error.instancePath) + formatPointer([missingProperty]);
}

function memberOf({ params }: ErrorObject): string | undefined {
  const member: unknown = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty;
  return typeof member === 'string' ? member : undefined;
}

function placeOfRule({ keyword, parentSchema }: ErrorObject, placeOf: PlaceOf): { readonly schemaPath?: string } {
  const place = placeOf(parentSchema);
  return place === undefined ? {} : { schemaPath: `${place}/${keyword}` };
}
