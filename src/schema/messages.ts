import type { ErrorObject } from 'ajv';
import { closest } from '../did-you-mean.js';

const LONGEST_VALUE = 60;
const MOST_CHOICES = 8;
const FORMATS: Readonly<Record<string, string>> = {
  'date-time': 'date and time with a zone, such as 2024-01-31T12:00:00Z',
  date: 'date, such as 2024-01-31',
  time: 'time with a zone, such as 12:00:00Z',
  uuid: 'UUID',
  email: 'e-mail address',
  uri: 'URI',
};

/** One problem in a sentence. `group` holds the alternatives of a type at the same place. */
export function tell(error: ErrorObject, group: readonly ErrorObject[]): string {
  if (error.propertyName !== undefined) return `the name ${show(error.propertyName)}: ${tellRule(error, group)}`;
  return tellRule(error, group);
}

/** The same without anything that stands in the event itself. */
export function tellRedacted(error: ErrorObject, group: readonly ErrorObject[]): string {
  if (error.params.missingProperty !== undefined) return tellRule(error, group);
  const rule = error.keyword === 'type' ? `must be ${orList([...new Set(group.flatMap(typesOf))])}` : error.message;
  return `${rule ?? `breaks the rule "${error.keyword}"`}; the value is redacted`;
}

function tellRule(error: ErrorObject, group: readonly ErrorObject[]): string {
  return (
    TELLERS[error.keyword]?.(error, group) ?? `${error.message ?? `breaks the rule "${error.keyword}"`}${isNow(error)}`
  );
}

type Teller = (error: ErrorObject, group: readonly ErrorObject[]) => string;

const TELLERS: Readonly<Record<string, Teller>> = {
  type: (error, group) => `must be ${orList([...new Set(group.flatMap(typesOf))])}, is ${describe(error.data)}`,
  required: ({ params }) => `${show(params.missingProperty)} is missing`,
  dependentRequired: missingBeside,
  dependencies: missingBeside,
  additionalProperties: unexpected('additionalProperty'),
  unevaluatedProperties: unexpected('unevaluatedProperty'),
  enum: (error) => `must be ${choices(error)}, is ${describe(error.data)}${meantChoice(error)}`,
  const: ({ params, data }) => `must be ${show(params.allowedValue)}, is ${describe(data)}`,
  format: ({ params, data }) => `${show(data)} is no ${FORMATS[String(params.format)] ?? params.format}`,
  pattern: ({ params, data }) => `${show(data)} does not match ${params.pattern}`,
  minLength: ({ params, data }) => `must have at least ${characters(params.limit)}, has ${[...String(data)].length}`,
  maxLength: ({ params, data }) => `must have at most ${characters(params.limit)}, has ${[...String(data)].length}`,
  minimum: limit,
  maximum: limit,
  exclusiveMinimum: limit,
  exclusiveMaximum: limit,
  multipleOf: ({ params, data }) => `must be a multiple of ${params.multipleOf}, is ${show(data)}`,
  minItems: ({ params, data }) => `must have at least ${items(params.limit)}, has ${sizeOf(data)}`,
  maxItems: ({ params, data }) => `must have at most ${items(params.limit)}, has ${sizeOf(data)}`,
  minProperties: ({ params, data }) => `must have at least ${members(params.limit)}, has ${sizeOf(data)}`,
  maxProperties: ({ params, data }) => `must have at most ${members(params.limit)}, has ${sizeOf(data)}`,
  contains: ({ params, data }) => `must contain ${matches(params)} as "contains" says, has ${items(sizeOf(data))}`,
  uniqueItems: ({ params }) => `items ${params.j} and ${params.i} are the same`,
  anyOf: ({ data }) => `fits none of the alternatives, is ${describe(data)}`,
  oneOf: ({ params, data }) =>
    Array.isArray(params.passingSchemas)
      ? `must fit one alternative only, fits those at ${params.passingSchemas.join(' and ')}`
      : `fits none of the alternatives, is ${describe(data)}`,
  not: ({ data }) => `must not be as it is: ${show(data)}`,
  'false schema': () => 'is not allowed here',
};

function missingBeside({ params }: ErrorObject): string {
  return `${show(params.missingProperty)} is missing: it must stand beside ${show(params.property)}`;
}

function unexpected(param: string): Teller {
  return ({ params, parentSchema }) => {
    const name = String(params[param]);
    const meant = closest(name, Object.keys(parentSchema?.properties ?? {}));
    return `${show(name)} is not allowed${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
  };
}

function limit({ params, data }: ErrorObject): string {
  return `must be ${params.comparison} ${params.limit}, is ${show(data)}`;
}

function typesOf({ params }: ErrorObject): string[] {
  const { type } = params;
  return (Array.isArray(type) ? type : [type]).map((name) => withArticle(String(name)));
}

function withArticle(type: string): string {
  if (type === 'null') return 'null';
  return `${/^[aio]/u.test(type) ? 'an' : 'a'} ${type}`;
}

function choices({ params }: ErrorObject): string {
  const allowed: readonly unknown[] = params.allowedValues ?? [];
  const shown = allowed.slice(0, MOST_CHOICES).map(show);
  const more = allowed.length - shown.length;
  return more > 0 ? `one of ${shown.join(', ')} or ${more} others` : orList(shown);
}

function meantChoice({ params, data }: ErrorObject): string {
  const allowed: readonly unknown[] = params.allowedValues ?? [];
  const texts = allowed.filter((value) => typeof value === 'string');
  const meant = typeof data === 'string' ? closest(data, texts) : undefined;
  return meant === undefined ? '' : `; did you mean "${meant}"?`;
}

/** A value with its type, unless the value alone says it. */
function describe(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return `the string ${show(value)}`;
  if (typeof value === 'number') return `the number ${value}`;
  if (value === undefined) return 'absent';
  return Array.isArray(value) ? 'an array' : 'an object';
}

function isNow({ data }: ErrorObject): string {
  return data === undefined ? '' : `, is ${describe(data)}`;
}

function characters(count: unknown): string {
  return `${count} character${count === 1 ? '' : 's'}`;
}

function items(count: unknown): string {
  return `${count} item${count === 1 ? '' : 's'}`;
}

function members(count: unknown): string {
  return `${count} member${count === 1 ? '' : 's'}`;
}

function matches({ minContains, maxContains }: ErrorObject['params']): string {
  return maxContains === undefined ? `at least ${items(minContains)}` : `${minContains} to ${items(maxContains)}`;
}

function sizeOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

function orList(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
