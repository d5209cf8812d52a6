import { regExp } from '../pattern.js';
import { isObject, type MutableObject } from '../walk.js';
import { isRule, isSchema, type Schema, type Schemas, stable } from './schemas.js';

/** A kind of JSON value; whole numbers and others are apart, so that `number` is both. */
export type Kind = 'null' | 'boolean' | 'integer' | 'fraction' | 'string' | 'array' | 'object';

const KINDS: readonly Kind[] = ['string', 'integer', 'fraction', 'boolean', 'object', 'array', 'null'];
const STRONGEST = {
  minLength: Math.max,
  maxLength: Math.min,
  minimum: Math.max,
  maximum: Math.min,
  exclusiveMinimum: Math.max,
  exclusiveMaximum: Math.min,
  minItems: Math.max,
  maxItems: Math.min,
  minProperties: Math.max,
  maxProperties: Math.min,
};
const APPLIES: Readonly<Record<string, readonly Kind[]>> = {
  minLength: ['string'],
  maxLength: ['string'],
  pattern: ['string'],
  format: ['string'],
  minimum: ['integer', 'fraction'],
  maximum: ['integer', 'fraction'],
  exclusiveMinimum: ['integer', 'fraction'],
  exclusiveMaximum: ['integer', 'fraction'],
  multipleOf: ['integer', 'fraction'],
  minItems: ['array'],
  maxItems: ['array'],
  uniqueItems: ['array'],
  minProperties: ['object'],
  maxProperties: ['object'],
};
const STRUCTURE = new Set(
  'type nullable enum const required properties patternProperties additionalProperties items prefixItems additionalItems allOf $ref then else'.split(
    ' ',
  ),
);

/** Everything that holds at one place of an event, from all the schemas that apply there taken together. */
export interface View {
  readonly nodes: readonly MutableObject[];
  /** Nothing may stand here. */
  readonly isForbidden: boolean;
  readonly kinds: ReadonlySet<Kind>;
  /** The values of `enum` and `const` that are left; undefined when there is no such list. */
  readonly allowed: readonly unknown[] | undefined;
  readonly required: ReadonlySet<string>;
  /** Limits of numbers and lengths: the strongest of each. */
  readonly limits: Readonly<Record<string, number>>;
  /** All other rules by keyword, in a form in which equal ones are equal. */
  readonly rules: ReadonlyMap<string, string>;
}

/** Takes together what the schemas at one place say. */
export function viewOf(schemas: Schemas, list: readonly Schema[]): View {
  const flat = schemas.flatten(list);
  const nodes = flat.filter(isObject);
  const kinds = kindsOf(nodes);
  return {
    nodes,
    isForbidden: flat.includes(false),
    kinds,
    allowed: allowedOf(nodes, kinds),
    required: new Set(nodes.flatMap(({ required }) => strings(required))),
    limits: limitsOf(nodes, kinds),
    rules: rulesOf(schemas, nodes, kinds),
  };
}

/** The kind of a JSON value. */
export function kindOf(value: unknown): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'fraction';
  return typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'boolean' : 'object';
}

/** The names that the schemas at one place know. */
export function namesOf({ nodes }: View): readonly string[] {
  return [...new Set(nodes.flatMap(({ properties }) => (isObject(properties) ? Object.keys(properties) : [])))];
}

/** The patterns of names that the schemas at one place know. */
export function namePatternsOf({ nodes }: View): readonly string[] {
  return nodes.flatMap(({ patternProperties }) => (isObject(patternProperties) ? Object.keys(patternProperties) : []));
}

/** The schemas that hold for the member of this name. */
export function memberSchemas({ nodes }: View, name: string): readonly Schema[] {
  return nodes.flatMap(({ properties, patternProperties, additionalProperties }) => {
    const own = isObject(properties) && Object.hasOwn(properties, name) ? [properties[name]] : [];
    const patterns = isObject(patternProperties) ? Object.entries(patternProperties) : [];
    const matching = patterns.filter(([pattern]) => regExp(pattern).test(name)).map(([, schema]) => schema);
    const found = [...own, ...matching];
    return (found.length === 0 ? [additionalProperties] : found).filter(isSchema);
  });
}

/** The schemas that hold for the element at this index. */
export function elementSchemas({ nodes }: View, index: number): readonly Schema[] {
  return nodes.flatMap((node) => {
    const { prefix, rest } = tupleOf(node);
    return [index < prefix.length ? prefix[index] : rest].filter(isSchema);
  });
}

/** How many elements have schemas of their own. */
export function tupleLength({ nodes }: View): number {
  return Math.max(0, ...nodes.map((node) => tupleOf(node).prefix.length));
}

function tupleOf({ items, prefixItems, additionalItems }: MutableObject) {
  if (Array.isArray(items)) return { prefix: items as readonly unknown[], rest: additionalItems };
  return { prefix: Array.isArray(prefixItems) ? (prefixItems as readonly unknown[]) : [], rest: items };
}

function kindsOf(nodes: readonly MutableObject[]): ReadonlySet<Kind> {
  let kinds = KINDS;
  for (const { type, nullable } of nodes) {
    if (type === undefined) continue;
    const named = new Set<unknown>(Array.isArray(type) ? type : [type]);
    if (named.has('number')) named.add('integer').add('fraction');
    if (nullable === true) named.add('null');
    kinds = kinds.filter((kind) => named.has(kind));
  }
  return new Set(kinds);
}

function allowedOf(nodes: readonly MutableObject[], kinds: ReadonlySet<Kind>): readonly unknown[] | undefined {
  let allowed: readonly unknown[] | undefined;
  for (const node of nodes) {
    const lists = [
      ...(Array.isArray(node.enum) ? [node.enum as readonly unknown[]] : []),
      ...('const' in node ? [[node.const]] : []),
    ];
    for (const list of lists) {
      const texts = new Set(list.map(stable));
      allowed = allowed === undefined ? list : allowed.filter((value) => texts.has(stable(value)));
    }
  }
  return allowed?.filter((value) => kinds.has(kindOf(value)));
}

function limitsOf(nodes: readonly MutableObject[], kinds: ReadonlySet<Kind>): Readonly<Record<string, number>> {
  const limits: Record<string, number> = {};
  for (const [keyword, strongest] of Object.entries(STRONGEST)) {
    if (!APPLIES[keyword]?.some((kind) => kinds.has(kind))) continue;
    const found = nodes.flatMap((node) => limitIn(node, keyword));
    if (found.length > 0) limits[keyword] = strongest(...found);
  }
  for (const keyword of ['minLength', 'minItems', 'minProperties']) if (limits[keyword] === 0) delete limits[keyword];
  return limits;
}

/** A limit of one schema; `exclusiveMinimum: true` of draft-04 makes one of its `minimum`. */
function limitIn(node: MutableObject, keyword: string): readonly number[] {
  const own = node[keyword];
  if (typeof own === 'number') return [own];
  const inclusive = keyword.replace('exclusiveM', 'm');
  return own === true && typeof node[inclusive] === 'number' ? [node[inclusive]] : [];
}

function rulesOf(schemas: Schemas, nodes: readonly MutableObject[], kinds: ReadonlySet<Kind>): Map<string, string> {
  const found = new Map<string, Set<string>>();
  for (const node of nodes) {
    for (const [keyword, value] of Object.entries(node)) {
      const isInert = value === false && (keyword === 'uniqueItems' || keyword.startsWith('exclusive'));
      if (!isRule(keyword) || isInert || !isOther(schemas, node, keyword)) continue;
      if (APPLIES[keyword]?.some((kind) => kinds.has(kind)) === false) continue;
      const parts = keyword === 'if' ? [node.if, node.then ?? true, node.else ?? true] : value;
      const text = schemas.canonical(keyword === 'if' ? parts : { [keyword]: value });
      found.set(keyword, (found.get(keyword) ?? new Set()).add(text));
    }
  }
  return new Map([...found].map(([keyword, texts]) => [keyword, [...texts].sort().join(' ')]));
}

function isOther(schemas: Schemas, node: MutableObject, keyword: string): boolean {
  if (keyword === '$ref') return typeof node.$ref === 'string' && schemas.find(node.$ref) === undefined;
  return !STRUCTURE.has(keyword) && !(keyword in STRONGEST);
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
