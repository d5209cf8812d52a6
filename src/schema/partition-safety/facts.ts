/** What a schema guarantees about one value; whatever it leaves undecided stays as wide as it can be. */
export interface Facts {
  /** Whether the object around it cannot do without it. */
  readonly isRequired: boolean;
  /** Whether a schema says anything about the value. */
  readonly isDescribed: boolean;
  readonly types: ReadonlySet<JsonType>;
  /** Formats that a text has for certain. */
  readonly formats: ReadonlySet<string>;
  /** The only values there can be; undefined when there may be others. */
  readonly values: readonly unknown[] | undefined;
  readonly maxLength: number;
  readonly minimum: number;
  readonly maximum: number;
}

export type JsonType = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'object' | 'array';

const ALL: ReadonlySet<JsonType> = new Set<JsonType>([
  'null',
  'boolean',
  'integer',
  'number',
  'string',
  'object',
  'array',
]);

/** Nothing is known. `number` stands for numbers that are not whole. */
export const UNKNOWN: Facts = {
  isRequired: false,
  isDescribed: false,
  types: ALL,
  formats: new Set(),
  values: undefined,
  maxLength: Number.POSITIVE_INFINITY,
  minimum: Number.NEGATIVE_INFINITY,
  maximum: Number.POSITIVE_INFINITY,
};

/** What is known when both hold. */
export function both(a: Facts, b: Facts): Facts {
  return {
    isRequired: a.isRequired || b.isRequired,
    isDescribed: a.isDescribed || b.isDescribed,
    types: new Set([...a.types].filter((type) => b.types.has(type))),
    formats: new Set([...a.formats, ...b.formats]),
    values: a.values === undefined ? b.values : b.values === undefined ? a.values : shared(a.values, b.values),
    maxLength: Math.min(a.maxLength, b.maxLength),
    minimum: Math.max(a.minimum, b.minimum),
    maximum: Math.min(a.maximum, b.maximum),
  };
}

/** What is known when one of them holds, and nobody knows which. */
export function either(a: Facts, b: Facts): Facts {
  return {
    isRequired: a.isRequired && b.isRequired,
    isDescribed: a.isDescribed || b.isDescribed,
    types: new Set([...a.types, ...b.types]),
    formats: formatsOfEither(a, b),
    values: a.values === undefined || b.values === undefined ? undefined : [...a.values, ...b.values],
    maxLength: Math.max(a.maxLength, b.maxLength),
    minimum: Math.min(a.minimum, b.minimum),
    maximum: Math.max(a.maximum, b.maximum),
  };
}

/** What a schema object says by its own keywords, without those that hold other schemas. */
export function ownFacts(schema: { readonly [keyword: string]: unknown }): Facts {
  const values = Array.isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const] : undefined;
  const types = without(typesOf(schema), schema.not);
  const lengths = values?.map((value) => (typeof value === 'string' ? [...value].length : 0));
  const numbers = values?.filter((value) => typeof value === 'number');
  return {
    ...UNKNOWN,
    isDescribed: true,
    types: values === undefined ? types : new Set(values.map(typeOf).filter((type) => types.has(type))),
    formats: new Set(typeof schema.format === 'string' ? [schema.format] : []),
    values,
    maxLength: Math.min(number(schema.maxLength, Number.POSITIVE_INFINITY), ...spread(lengths, Math.max)),
    minimum: Math.max(lowest(schema), ...spread(numbers, Math.min)),
    maximum: Math.min(highest(schema), ...spread(numbers, Math.max)),
  };
}

/** The lowest or highest of values, or nothing when there are none. */
function spread(values: readonly number[] | undefined, pick: (...values: number[]) => number): number[] {
  return values === undefined || values.length === 0 ? [] : [pick(...values)];
}

function shared(a: readonly unknown[], b: readonly unknown[]): readonly unknown[] {
  const texts = new Set(b.map((value) => JSON.stringify(value)));
  return a.filter((value) => texts.has(JSON.stringify(value)));
}

/** A format counts when every alternative that may be a text has it. */
function formatsOfEither(a: Facts, b: Facts): ReadonlySet<string> {
  if (!a.types.has('string')) return b.formats;
  if (!b.types.has('string')) return a.formats;
  return new Set([...a.formats].filter((format) => b.formats.has(format)));
}

function typesOf({ type, nullable }: { readonly [keyword: string]: unknown }): ReadonlySet<JsonType> {
  if (type === undefined) return ALL;
  const named = Array.isArray(type) ? type : [type];
  const found = new Set([...ALL].filter((each) => named.includes(each)));
  if (found.has('number')) found.add('integer');
  if (nullable === true) found.add('null');
  return found;
}

/** The types that are left where `not` does nothing but name some, or the value null. */
function without(types: ReadonlySet<JsonType>, not: unknown): ReadonlySet<JsonType> {
  if (typeof not !== 'object' || not === null || Object.keys(not).length !== 1) return types;
  const isNull =
    ('const' in not && not.const === null) || ('enum' in not && String(JSON.stringify(not.enum)) === '[null]');
  const gone = isNull ? new Set<JsonType>(['null']) : 'type' in not ? typesOf({ type: not.type }) : new Set<JsonType>();
  return new Set([...types].filter((type) => !gone.has(type)));
}

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (typeof value === 'string') return 'string';
  return typeof value === 'boolean' ? 'boolean' : 'object';
}

function lowest({ minimum, exclusiveMinimum }: { readonly [keyword: string]: unknown }): number {
  return Math.max(number(minimum, Number.NEGATIVE_INFINITY), number(exclusiveMinimum, Number.NEGATIVE_INFINITY));
}

function highest({ maximum, exclusiveMaximum }: { readonly [keyword: string]: unknown }): number {
  return Math.min(number(maximum, Number.POSITIVE_INFINITY), number(exclusiveMaximum, Number.POSITIVE_INFINITY));
}

function number(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
