import type { Document, Resource } from './document.js';
import { isObject, type MutableObject, schemaNodes } from './walk.js';

/** What a `$dynamicRef` or `$recursiveRef` names when nothing around it is looked at. */
export interface DynamicTarget {
  readonly node: MutableObject;
  readonly name: string;
  readonly uri: string;
  readonly target: unknown;
}

/**
 * Turns each `$dynamicRef` and `$recursiveRef` that can only mean one place into a `$ref` to it, in place: ajv finds a
 * `$dynamicAnchor` only when it has come past it. There is one place when what it names is no dynamic anchor (JSON
 * Schema 2020-12, section 8.2.3.2), when no other schema of the catalog has an anchor of that name, and when the only
 * schema that events are checked against has one: nothing lies further out.
 */
export function settleDynamicReferences(
  found: readonly DynamicTarget[],
  documents: readonly Document[],
  roots: readonly Document[],
): void {
  const anchors = countAnchors(documents);
  const outermost = roots.length === 1 ? roots[0]?.resources[0] : undefined;
  for (const { node, name, uri, target } of found) {
    const own = outermost?.anchors.get(name);
    if (!isDynamic(target, name) || (name !== '' && anchors.get(name) === 1)) settle(node, uri);
    else if (name !== '' && own?.$dynamicAnchor === name && outermost) settle(node, uriOf(own, name, outermost));
  }
}

function uriOf(anchored: MutableObject, name: string, { node, uri }: Resource): string {
  return anchored === node ? uri : `${uri}#${name}`;
}

function countAnchors(documents: readonly Document[]): ReadonlyMap<unknown, number> {
  const anchors = new Map<unknown, number>();
  for (const { schema, uri, dialect } of documents) {
    for (const { node } of schemaNodes(schema, uri, dialect)) {
      const { $dynamicAnchor: name } = node;
      if (typeof name === 'string') anchors.set(name, (anchors.get(name) ?? 0) + 1);
    }
  }
  return anchors;
}

function isDynamic(target: unknown, name: string): boolean {
  if (!isObject(target)) return false;
  return name === '' ? target.$recursiveAnchor === true : target.$dynamicAnchor === name;
}

function settle(node: MutableObject, uri: string): void {
  delete node.$dynamicRef;
  delete node.$recursiveRef;
  if (node.$ref === undefined) node.$ref = uri;
  else node.allOf = [...(Array.isArray(node.allOf) ? node.allOf : []), { $ref: uri }];
}
