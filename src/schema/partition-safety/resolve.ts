import { parsePointer, valueAt } from '../../event/pointer.js';
import type { Catalog, CatalogFile } from '../catalog.js';
import { idKeyword } from '../dialect.js';
import { schemaNodes, splitUri } from '../walk.js';

/** The schema that an absolute reference of the catalogue means; undefined when it cannot be told without running it. */
export function resolveReference({ files }: Pick<Catalog, 'files'>, reference: string): unknown {
  const { resource, fragment } = splitUri(reference);
  for (const file of files) {
    const root = rootOf(file, resource);
    if (root === undefined) continue;
    if (fragment === '') return root;
    const text = decoded(fragment);
    return text.startsWith('/') ? valueAt(root, parsePointer(text)) : anchored(file, root, text);
  }
  return undefined;
}

/** The whole file, or the part of it that has this id. */
function rootOf(file: CatalogFile, resource: string): unknown {
  if (file.uri === resource) return file.schema;
  if (!resource.startsWith(`${file.uri}/`)) return undefined;
  const key = idKeyword(file.dialect);
  for (const { node } of schemaNodes(file.schema, file.uri, file.dialect)) if (node[key] === resource) return node;
  return undefined;
}

function anchored(file: CatalogFile, root: unknown, name: string): unknown {
  const key = idKeyword(file.dialect);
  for (const { node } of schemaNodes(root, file.uri, file.dialect)) {
    if (node.$anchor === name || node.$dynamicAnchor === name || node[key] === `#${name}`) return node;
  }
  return undefined;
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
