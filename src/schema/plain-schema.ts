import type { Dialect } from './dialect.js';
import { isObject } from './walk.js';

/** @param depth of the schema around the value. */
type Test = (value: unknown, depth: number) => boolean;

/** What is deeper is left to the meta-schema, and to the compiler. */
const DEEPEST = 64;
const TYPES = new Set(['null', 'boolean', 'integer', 'number', 'string', 'object', 'array']);

const isText: Test = (value) => typeof value === 'string';
const isSwitch: Test = (value) => typeof value === 'boolean';
const isNumber: Test = (value) => typeof value === 'number';
const isCount: Test = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isReference: Test = (value) => typeof value === 'string' && /^[\w:/.#$-]+$/u.test(value);
const isAddress: Test = (value) => typeof value === 'string' && /^https?:\/\/[\w.-]+\/[\w/.-]*#?$/u.test(value);
const isPattern: Test = (value) => {
  try {
    return typeof value === 'string' && new RegExp(value, 'u') !== undefined;
  } catch {
    return false;
  }
};
const isSetOfTexts: Test = (value) =>
  Array.isArray(value) && value.every((each) => typeof each === 'string') && new Set(value).size === value.length;
const isChoice: Test = (value) => isSetOfTexts(value, 0) && (value as readonly string[]).length > 0; // by the test before it
const isType: Test = (value) =>
  TYPES.has(value as string) || (isChoice(value, 0) && (value as readonly string[]).every((type) => TYPES.has(type))); // no other value is in the set
const isAnything: Test = () => true;
const isRule: Test = (value, depth) =>
  typeof value === 'boolean' ||
  (isObject(value) && depth < DEEPEST && Object.entries(value).every((member) => isPlainMember(member, depth + 1)));
const isMapOfRules: Test = (value, depth) =>
  isObject(value) && Object.values(value).every((rule) => isRule(rule, depth));
const isListOfRules: Test = (value, depth) =>
  Array.isArray(value) && value.length > 0 && value.every((rule) => isRule(rule, depth));

const TESTS: ReadonlyMap<string, Test> = new Map([
  ...each('title description $comment format', isText),
  ...each('$ref', isReference),
  ['$schema', isAddress],
  ['$id', (value) => isAddress(value, 0) && !String(value).endsWith('#')],
  ...each('uniqueItems readOnly writeOnly deprecated', isSwitch),
  ...each('maximum minimum exclusiveMaximum exclusiveMinimum', isNumber),
  ...each('maxLength minLength maxItems minItems maxProperties minProperties', isCount),
  ...each('const default', isAnything),
  ...each('additionalProperties items not if then else contains propertyNames unevaluatedProperties', isRule),
  ...each('properties $defs definitions dependentSchemas', isMapOfRules),
  ...each('allOf anyOf oneOf prefixItems', isListOfRules),
  ['examples', Array.isArray],
  ['pattern', isPattern],
  ['required', isSetOfTexts],
  ['enum', isChoice],
  ['type', isType],
]);

/**
 * Whether a schema is certainly one by the meta-schema of its draft. It has no opinion of its own: for whatever is not
 * plain, the meta-schema is asked, which takes a fifth of a second to get ready.
 */
export function isPlainSchema(schema: unknown, dialect: Dialect): boolean {
  return dialect !== 'draft-04' && isRule(schema, 0);
}

function isPlainMember([keyword, value]: readonly [string, unknown], depth: number): boolean {
  const test = TESTS.get(keyword);
  return test === undefined ? keyword.startsWith('x-') : test(value, depth);
}

function each(keywords: string, test: Test): [string, Test][] {
  return keywords.split(' ').map((keyword) => [keyword, test]);
}
