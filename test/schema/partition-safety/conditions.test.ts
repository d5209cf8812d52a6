import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadCatalog } from '../../../src/schema/catalog.js';
import { compileCatalog } from '../../../src/schema/compile.js';
import type { KnownName } from '../../../src/schema/partition-safety/known-name.js';
import { fieldFacts } from '../../../src/schema/partition-safety/look-up.js';

const time = { type: 'string', format: 'date-time' };
const at = { properties: { at: time } };
const required = (...names: string[]) => ({ required: names });
const NEVER = '(no event without it)';

/** Facts of `/at` by a schema, and what the checker says to an event with these members. */
async function factsOf(schema: object, event: object, name?: KnownName) {
  const folder = await mkdtemp(join(tmpdir(), 'respool-conditions-'));
  try {
    const path = join(folder, 'schema.json');
    // An object with a member called then would be taken for a promise: here it is called yes.
    await writeFile(path, JSON.stringify({ type: 'object', ...schema }).replaceAll('"yes":', '"then":'));
    const catalog = await loadCatalog(path);
    const checker = compileCatalog(catalog, { unknownEvent: 'accept' });
    return {
      facts: fieldFacts(catalog, { uris: [catalog.envelope ?? ''], pointer: ['at'], name }),
      isAccepted: checker.check(event, '') === undefined,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const draft07 = { $schema: 'http://json-schema.org/draft-07/schema#' };

// Each schema guarantees the time, or there is an event without it that the checker accepts.
test.each<[string, object, object | typeof NEVER]>([
  ['then and else', { if: required('a'), yes: required('at'), else: required('at') }, NEVER],
  ['then without else', { if: required('a'), yes: required('at') }, {}],
  ['else without then', { if: required('a'), else: required('at') }, { a: 1 }],
  ['a condition that demands it, and else', { if: required('at'), else: required('at') }, NEVER],
  ['a condition whose else is false', { if: required('a'), yes: required('at'), else: false }, NEVER],
  ['then alone, without a condition', { yes: required('at') }, {}],
  ['every one of oneOf', { oneOf: [{ ...required('a', 'at') }, { ...required('b', 'at') }] }, NEVER],
  ['one of oneOf', { oneOf: [required('a', 'at'), required('b')] }, { b: 1 }],
  ['oneOf with an impossible branch', { oneOf: [required('at'), false] }, NEVER],
  ['anyOf in allOf', { allOf: [{ anyOf: [required('at'), required('at', 'b')] }] }, NEVER],
  ['dependentRequired of what is required', { ...required('a'), dependentRequired: { a: ['at'] } }, NEVER],
  ['dependentRequired of what may be missing', { dependentRequired: { a: ['at'] } }, {}],
  ['a chain of dependentRequired', { ...required('a'), dependentRequired: { b: ['at'], a: ['b'] } }, NEVER],
  ['dependentRequired across allOf', { allOf: [required('a'), { dependentRequired: { a: ['at'] } }] }, NEVER],
  ['dependentSchemas of what is required', { ...required('a'), dependentSchemas: { a: required('at') } }, NEVER],
  ['dependentSchemas of what may be missing', { dependentSchemas: { a: required('at') } }, {}],
  ['dependencies of draft-07', { ...draft07, ...required('a'), dependencies: { a: ['at'] } }, NEVER],
  ['dependentRequired in draft-07', { ...draft07, ...required('a'), dependentRequired: { a: ['at'] } }, { a: 1 }],
  [
    'dependentRequired within a branch',
    { anyOf: [{ ...required('a'), dependentRequired: { a: ['at'] } }, required('at')] },
    NEVER,
  ],
  ['a condition on a value', { if: { properties: { a: { const: 1 } } }, yes: required('at') }, { a: 2 }],
  ['not required', { not: required('at') }, {}],
])('%s: a field is guaranteed exactly when no event without it is accepted', async (_, schema, witness) => {
  const { facts, isAccepted } = await factsOf({ ...at, ...schema }, witness === NEVER ? {} : (witness as object));

  expect(facts.isGuaranteed).toBe(witness === NEVER);
  expect(isAccepted).toBe(witness !== NEVER);
});

test.each<[string, object, boolean]>([
  ['null in one of oneOf', { properties: { at: { oneOf: [time, { type: 'null' }] } } }, true],
  [
    'null in one of oneOf, and a type beside it',
    { properties: { at: { type: 'string', oneOf: [time, { type: 'null' }] } } },
    false,
  ],
  ['null by then', { if: required('a'), yes: { properties: { at: { type: 'null' } } }, else: at }, true],
  ['a type in then and else', { if: required('a'), yes: at, else: { properties: { at: { type: 'string' } } } }, false],
  ['not null', { properties: { at: { not: { type: 'null' } } } }, false],
  ['not the value null', { properties: { at: { not: { const: null } } } }, false],
  ['dependentSchemas that forbid null', { required: ['a'], dependentSchemas: { a: at } }, false],
])('%s: a field may be null exactly when null is accepted', async (_, schema, mayBeNull) => {
  const { facts, isAccepted } = await factsOf(
    { ...schema, ...('required' in schema ? {} : { required: ['at'] }) },
    { a: 1, at: null },
  );

  expect(facts.types.has('null')).toBe(mayBeNull);
  expect(isAccepted).toBe(mayBeNull);
});

const isNamed = (name: unknown) => ({ properties: { name: { const: name } } });

// For events named dock, each schema guarantees the time, or there is such an event without it.
test.each<[string, object, boolean]>([
  ['then, for the name', { if: isNamed('dock'), yes: required('at') }, true],
  ['then, for another name', { if: isNamed('sail'), yes: required('at') }, false],
  ['else, for another name', { if: isNamed('sail'), yes: {}, else: required('at') }, true],
  ['else, for the name', { if: isNamed('dock'), else: required('at') }, false],
  ['a condition on name and more', { if: { ...isNamed('dock'), required: ['a'] }, yes: required('at') }, false],
  ['a condition that is negated', { if: { not: isNamed('sail') }, yes: required('at') }, true],
  ['one of several names', { if: { properties: { name: { enum: ['sail', 'dock'] } } }, yes: required('at') }, true],
  ['a condition by reference', { $defs: { d: isNamed('dock') }, if: { $ref: '#/$defs/d' }, yes: required('at') }, true],
  ['branches by name', { oneOf: [{ ...isNamed('dock'), ...required('at') }, isNamed('sail')] }, true],
  [
    'branches by name, without the time',
    { oneOf: [{ ...isNamed('sail'), ...required('at') }, isNamed('dock')] },
    false,
  ],
  ['anyOf by name', { anyOf: [{ ...isNamed('dock'), ...required('at') }, isNamed('sail')] }, true],
  ['any of two that may fit', { anyOf: [{ ...isNamed('dock'), ...required('at') }, required('a')] }, false],
  [
    'a condition that only a text fits',
    { if: { properties: { name: { type: 'integer' } } }, else: required('at') },
    true,
  ],
  ['conditions one in another', { if: isNamed('dock'), yes: { if: isNamed('dock'), yes: required('at') } }, true],
])('%s: a field is guaranteed for events of one name', async (_, schema, isGuaranteed) => {
  const event = { name: 'dock', a: 1 };
  const { facts, isAccepted } = await factsOf({ ...at, ...schema }, event, { path: ['name'], value: 'dock' });
  const { isAccepted: isAcceptedAlone } = await factsOf({ ...at, ...schema }, { name: 'dock' });

  expect(facts.isGuaranteed).toBe(isGuaranteed);
  expect(isAccepted || isAcceptedAlone).toBe(!isGuaranteed);
});
