import type { Dialect } from './dialect.js';

const EVERYWHERE =
  words(`$schema $ref title description default type enum multipleOf maximum minimum exclusiveMaximum exclusiveMinimum
  maxLength minLength pattern format items maxItems minItems uniqueItems maxProperties minProperties required properties
  patternProperties additionalProperties allOf anyOf oneOf not definitions`);
const SINCE_06 = words('$id const contains propertyNames examples');
const SINCE_07 = words('$comment if then else readOnly writeOnly contentMediaType contentEncoding');
const SINCE_2019 = words(`$anchor $defs $vocabulary dependentRequired dependentSchemas dependencies unevaluatedItems
  unevaluatedProperties maxContains minContains contentSchema deprecated`);

const KEYWORDS: Readonly<Record<Dialect, ReadonlySet<string>>> = {
  'draft-04': new Set([...EVERYWHERE, 'id', 'additionalItems', 'dependencies']),
  'draft-06': new Set([...EVERYWHERE, ...SINCE_06, 'additionalItems', 'dependencies']),
  'draft-07': new Set([...EVERYWHERE, ...SINCE_06, ...SINCE_07, 'additionalItems', 'dependencies']),
  '2019-09': new Set([
    ...EVERYWHERE,
    ...SINCE_06,
    ...SINCE_07,
    ...SINCE_2019,
    ...words('additionalItems $recursiveRef $recursiveAnchor'),
  ]),
  '2020-12': new Set([
    ...EVERYWHERE,
    ...SINCE_06,
    ...SINCE_07,
    ...SINCE_2019,
    ...words('prefixItems $dynamicRef $dynamicAnchor'),
  ]),
};

// Tools beside JSON Schema use these, and so do drafts before: they mean no harm.
const TOLERATED = new Set(
  words(`$async nullable discriminator xml externalDocs example deprecated readOnly writeOnly $comment contentMediaType
  contentEncoding media links base errorMessage markdownDescription enumDescriptions markdownEnumDescriptions defaultSnippets
  enumNames existingJavaType meta name version self $defs definitions`),
);

// Vendors' remarks, and those of generators of TypeScript and Java.
const OF_TOOLS = /^(?:x-|(?:ts|java)[A-Z])/u;

/** The keywords of a draft. */
export function keywordsOf(dialect: Dialect): ReadonlySet<string> {
  return KEYWORDS[dialect];
}

/** Whether a member of a schema is a keyword of the draft, or one that is known to be used beside it (`x-…`). */
export function isExpected(key: string, dialect: Dialect): boolean {
  return KEYWORDS[dialect].has(key) || TOLERATED.has(key) || OF_TOOLS.test(key);
}

/** Whether in this draft what stands beside a `$ref` says nothing (draft-07, section 8.3). */
export function ignoresBesideReference(dialect: Dialect): boolean {
  return dialect === 'draft-04' || dialect === 'draft-06' || dialect === 'draft-07';
}

function words(text: string): readonly string[] {
  return text.split(/\s+/u);
}
