import type { Document } from './document.js';
import { type MutableObject, schemaNodes } from './walk.js';

/**
 * Turns each `$dynamicRef` that can only mean one place into a `$ref` to it, in place: ajv finds a `$dynamicAnchor` only
 * when it has come past it. That is so when no other schema of the catalog has an anchor of that name.
 */
export function settleDynamicReferences(documents: readonly Document[]): void {
  const anchors = new Map<string, number>();
  for (const node of documents.flatMap(nodesOf)) {
    const { $dynamicAnchor: name } = node;
    if (typeof name === 'string') anchors.set(name, (anchors.get(name) ?? 0) + 1);
  }
  for (const document of documents) {
    // Which part of a file an anchor belongs to matters only where parts have ids of their own.
    if (document.resources.length !== 1) continue;
    const nodes = nodesOf(document);
    const own = new Set(nodes.map(({ $dynamicAnchor }) => $dynamicAnchor));
    for (const node of nodes) {
      const { $dynamicRef: text } = node;
      if (typeof text !== 'string' || !text.startsWith('#') || !own.has(text.slice(1))) continue;
      if (anchors.get(text.slice(1)) === 1) settle(node, `${document.uri}${text}`);
    }
  }
}

function settle(node: MutableObject, uri: string): void {
  delete node.$dynamicRef;
  if (node.$ref === undefined) node.$ref = uri;
  else node.allOf = [...(Array.isArray(node.allOf) ? node.allOf : []), { $ref: uri }];
}

function nodesOf({ schema, uri }: Document): MutableObject[] {
  return [...schemaNodes(schema, uri, '$id')].map(({ node }) => node);
}
