import { parsePointer, valueAt } from '../../event/pointer.js';
import type { Catalog } from '../catalog.js';
import { formatNamed } from '../formats.js';
import { regExp } from '../pattern.js';
import { isObject, splitUri } from '../walk.js';
import { isPlainDateTime, isPlainUuid } from './byte-formats.js';
import { type AcceptMember, AcceptNode, type ByteTest, Kind, MOST_MEMBERS, signatureOf } from './node.js';

type Schema = { readonly [key: string]: unknown };

/** Keywords that say nothing about whether an event is valid. */
const ANNOTATIONS = new Set([
  ...['$schema', '$id', 'id', '$comment', '$defs', 'definitions', 'title', 'description', 'examples', 'default'],
  ...['deprecated', 'readOnly', 'writeOnly', 'contentMediaType', 'contentEncoding'],
]);

const KINDS: Readonly<Record<string, number>> = {
  null: Kind.null,
  boolean: Kind.boolean,
  integer: Kind.integer,
  number: Kind.integer | Kind.fraction,
  string: Kind.string,
  array: Kind.array,
  object: Kind.object,
};

const MOST_HOPS = 32;

/**
 * Makes the nodes of the schema at `uri`. Whatever is not understood makes its node uncertain, so that the acceptor
 * leaves such values to the real check.
 */
export function buildNodes(catalog: Pick<Catalog, 'files'>, uri: string): AcceptNode {
  return new Builder(catalog).reference(uri, 0);
}

class Builder {
  private readonly known = new Map<unknown, AcceptNode>();

  constructor(private readonly catalog: Pick<Catalog, 'files'>) {}

  /** @param hops how many references have led to this one without a rule between them. */
  reference(uri: string, hops: number): AcceptNode {
    const { resource, fragment } = splitUri(uri);
    const file = this.catalog.files.find((candidate) => candidate.uri === resource);
    const isPointer = fragment === '' || fragment.startsWith('/');
    if (file === undefined || !isPointer || hops > MOST_HOPS) return uncertain();
    const pointer = fragment === '' ? [] : parsePointer(decodeURIComponent(fragment));
    return this.node(valueAt(file.schema, pointer), hops + 1);
  }

  private node(schema: unknown, hops = 0): AcceptNode {
    if (schema === true) return new AcceptNode();
    if (!isObject(schema)) return uncertain();
    const known = this.known.get(schema);
    if (known !== undefined) return known;
    if (typeof schema.$ref === 'string' && isOnlyReference(schema)) return this.reference(schema.$ref, hops);
    const node = new AcceptNode();
    // Known before it is whole: a schema may refer to itself.
    this.known.set(schema, node);
    for (const [keyword, value] of Object.entries(schema)) {
      if (!this.apply(node, keyword, { value, schema })) node.isUncertain = true;
    }
    node.seal();
    return node;
  }

  /** Takes one keyword into the node; false when it is not understood. */
  private apply(node: AcceptNode, keyword: string, { value, schema }: { value: unknown; schema: Schema }): boolean {
    switch (keyword) {
      case 'type':
        node.kinds &= kindsOf(value);
        return true;
      case 'properties':
      case 'required':
        node.members = this.members(node, schema);
        return isObject(schema.properties ?? {}) && hasUsableRequired(schema) && node.members.every(isUsable);
      case 'additionalProperties':
        node.allowsOthers = value !== false;
        node.others = typeof value === 'boolean' ? undefined : this.node(value);
        return true;
      case 'items':
        node.items = this.node(value);
        return !Array.isArray(value);
      case 'enum':
        return Array.isArray(value) && allowOnly(node, value);
      case 'const':
        return allowOnly(node, [value]);
      case 'pattern':
        return typeof value === 'string' && addTest(node, patternTest(value));
      case 'format':
        return typeof value === 'string' && addFormat(node, value);
      default:
        return setLimit(node, keyword, value) || ANNOTATIONS.has(keyword) || keyword.startsWith('x-');
    }
  }

  private members(node: AcceptNode, schema: Schema): readonly AcceptMember[] {
    const properties = isObject(schema.properties) ? schema.properties : {};
    const required = requiredOf(schema);
    node.required = 0;
    return [...new Set([...Object.keys(properties), ...required])].map((name, index) => {
      const bit = 1 << index;
      if (required.includes(name)) node.required |= bit;
      const key = Buffer.from(name);
      const own = Object.hasOwn(properties, name);
      // A name with only `required` is subject to `additionalProperties` as well.
      const child = own ? this.node(properties[name]) : isPlainlyOpen(schema) ? new AcceptNode() : uncertain();
      return { key, signature: signatureOf(key, 0, key.length), node: child, bit, next: index + 1 };
    });
  }
}

function uncertain(): AcceptNode {
  const node = new AcceptNode();
  node.isUncertain = true;
  return node;
}

function isOnlyReference(schema: Schema): boolean {
  return Object.keys(schema).every((key) => key === '$ref' || ANNOTATIONS.has(key) || key.startsWith('x-'));
}

const isPlainlyOpen = ({ additionalProperties = true }: Schema) => additionalProperties === true;

/** Keys that JSON must escape never stand in a text as they are, and bits run out. */
function isUsable({ key }: AcceptMember, index: number): boolean {
  const name = key.toString();
  return index < MOST_MEMBERS && JSON.stringify(name) === `"${name}"`;
}

function hasUsableRequired({ required }: Schema): boolean {
  return required === undefined || (Array.isArray(required) && required.length <= MOST_MEMBERS);
}

function requiredOf({ required }: Schema): readonly string[] {
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
}

function kindsOf(type: unknown): number {
  const names: readonly unknown[] = Array.isArray(type) ? type : [type];
  return names.reduce<number>((kinds, name) => kinds | (typeof name === 'string' ? (KINDS[name] ?? 0) : 0), 0);
}

/** Only texts and null are compared; an `enum` of anything else is left to the real check. */
function allowOnly(node: AcceptNode, values: readonly unknown[]): boolean {
  const texts = values.filter((value) => typeof value === 'string');
  const hasNull = values.includes(null);
  node.kinds &= (texts.length > 0 ? Kind.string : 0) | (hasNull ? Kind.null : 0);
  node.texts = (node.texts ?? texts.map((text) => Buffer.from(text))).filter((known) =>
    texts.some((text) => Buffer.from(text).equals(known)),
  );
  return true;
}

function addTest(node: AcceptNode, test: ((text: string) => boolean) | undefined): boolean {
  if (test === undefined) return false;
  node.tests = [...node.tests, test];
  return true;
}

function patternTest(pattern: string): ((text: string) => boolean) | undefined {
  const expression = regExp(pattern);
  return (text) => {
    try {
      return expression.test(text);
    } catch {
      // The real check says what is wrong.
      return false;
    }
  };
}

const BYTE_TESTS: Readonly<Record<string, ByteTest>> = { 'date-time': isPlainDateTime, uuid: isPlainUuid };

function addFormat(node: AcceptNode, name: string): boolean {
  const byteTest = Object.hasOwn(BYTE_TESTS, name) ? BYTE_TESTS[name] : undefined;
  if (byteTest === undefined) return addTest(node, formatTest(name));
  node.byteTests = [...node.byteTests, byteTest];
  return true;
}

function formatTest(name: string): ((text: string) => boolean) | undefined {
  const format = formatNamed(name);
  if (format instanceof RegExp && !format.global && !format.sticky) return (text) => format.test(text);
  return undefined;
}

const LIMITS: Readonly<Record<string, 'minimum' | 'maximum' | 'above' | 'below'>> = {
  minimum: 'minimum',
  maximum: 'maximum',
  exclusiveMinimum: 'above',
  exclusiveMaximum: 'below',
};
const COUNTS = ['minLength', 'maxLength', 'minItems', 'maxItems'] as const;

function setLimit(node: AcceptNode, keyword: string, value: unknown): boolean {
  if (typeof value !== 'number') return false;
  const limit = Object.hasOwn(LIMITS, keyword) ? LIMITS[keyword] : undefined;
  const count = COUNTS.find((name) => name === keyword);
  const target = limit ?? count;
  if (target === undefined) return false;
  node[target] = value;
  return true;
}
