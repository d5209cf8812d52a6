import { parsePointer, valueAt } from '../event/pointer.js';
import { dangerousPart } from './dangerous-pattern.js';
import type { Document } from './document.js';
import { isPlainSchema } from './plain-schema.js';
import { isObject, splitUri } from './walk.js';

/** So many schema objects are far from filling the stack of the compiler. */
const MOST_NODES = 400;
const DEEPEST = 64;

/** Under these keywords stand schemas for the very value that the schema is about. */
const IN_PLACE = ['not', 'if', 'then', 'else'];
const IN_PLACE_LISTS = ['allOf', 'anyOf', 'oneOf'];
const IN_PLACE_MAPS = ['dependentSchemas'];
/** Under these stand schemas for what is inside of it. */
const INSIDE = ['items', 'contains', 'additionalProperties', 'propertyNames', 'unevaluatedProperties'];
const INSIDE_LISTS = ['prefixItems'];
const INSIDE_MAPS = ['properties'];

/**
 * Whether ajv certainly compiles the schemas that events are checked against: plain ones, not many, whose references lead
 * to plain schemas and in no circle without a step into the value. It has no opinion of its own: everything else is for
 * ajv to compile, which takes a third of a second to get ready.
 */
export function surelyCompiles(documents: readonly Document[], roots: readonly Document[]): boolean {
  const isAlone = documents.every(({ resources }) => resources.length === 1);
  if (!isAlone || !documents.every(({ schema, dialect }) => isPlainSchema(schema, dialect))) return false;
  const walk = new Walk(documents);
  return roots.every((root) => walk.visit({ node: root.schema, document: root }, 0));
}

interface Place {
  readonly node: unknown;
  readonly document: Document;
}

class Walk {
  private readonly done = new Set<unknown>();
  /** What is being looked at, and is about the same value. */
  private readonly open = new Set<unknown>();

  constructor(private readonly documents: readonly Document[]) {}

  /** Whether the schema, and everything that it leads to, can be compiled. */
  visit({ node, document }: Place, depth: number): boolean {
    if (!isObject(node)) return typeof node === 'boolean';
    if (this.open.has(node)) return false;
    if (this.done.has(node)) return true;
    if (depth > DEEPEST || this.done.size >= MOST_NODES || hasDangerousPattern(node)) return false;
    this.open.add(node);
    const isFine = this.sameValue(node, document).every((place) => place !== undefined && this.visit(place, depth + 1));
    this.open.delete(node);
    this.done.add(node);
    return isFine && this.inside(node, document, depth);
  }

  private inside(node: Schema, document: Document, depth: number): boolean {
    const outer = [...this.open];
    // A step into the value ends every circle.
    this.open.clear();
    const isFine = childrenOf(node, INSIDE, INSIDE_LISTS, INSIDE_MAPS).every((child) =>
      this.visit({ node: child, document }, depth + 1),
    );
    for (const each of outer) this.open.add(each);
    return isFine;
  }

  private sameValue(node: Schema, document: Document): (Place | undefined)[] {
    const children = childrenOf(node, IN_PLACE, IN_PLACE_LISTS, IN_PLACE_MAPS).map((child) => ({
      node: child,
      document,
    }));
    return typeof node.$ref === 'string' ? [...children, this.target(node.$ref)] : children;
  }

  /** Where a reference leads; undefined when that is not plain. */
  private target(reference: string): Place | undefined {
    const { resource, fragment } = splitUri(reference);
    const document = this.documents.find(({ uri }) => uri === resource);
    if (document === undefined || (fragment !== '' && !fragment.startsWith('/'))) return undefined;
    const node =
      fragment === '' ? document.schema : valueAt(document.schema, parsePointer(decodeURIComponent(fragment)));
    return isPlainSchema(node, document.dialect) ? { node, document } : undefined;
  }
}

type Schema = { readonly [key: string]: unknown };

function childrenOf(
  node: Schema,
  single: readonly string[],
  lists: readonly string[],
  maps: readonly string[],
): unknown[] {
  return [
    ...single.flatMap((keyword) => (Object.hasOwn(node, keyword) ? [node[keyword]] : [])),
    ...lists.flatMap((keyword) => (Array.isArray(node[keyword]) ? node[keyword] : [])),
    ...maps.flatMap((keyword) => (isObject(node[keyword]) ? Object.values(node[keyword]) : [])),
  ];
}

/** Where the compiler might refuse the pattern, it shall say so itself. */
function hasDangerousPattern({ pattern }: Schema): boolean {
  return typeof pattern === 'string' && dangerousPart(pattern) !== undefined;
}
