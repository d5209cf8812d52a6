import { parsePointer, valueAt } from '../event/pointer.js';
import { isMetaSchema } from './dialect.js';
import type { Document, Reference, Resource } from './document.js';
import { settleDynamicReferences } from './dynamic-references.js';
import type { SchemaFiles } from './schema-files.js';
import { isObject, type MutableObject, placeOf, resolveUri, splitUri } from './walk.js';

/**
 * Finds what every reference means, reading further files where they lead, and makes all references and ids absolute,
 * in place. References to nothing are added to `problems`.
 */
export async function resolveReferences(files: SchemaFiles, problems: string[]): Promise<void> {
  const targets = new Map<Reference, string>();
  // The list grows while it is being read: files that are referred to may refer on.
  for (const document of files.documents) {
    for (const reference of document.references) {
      const target = await findTarget(files, document, reference);
      if (target.uri !== undefined) targets.set(reference, target.uri);
      else problems.push(`${document.path}${placeOf(reference.path)}: $ref "${reference.text}": ${target.problem}`);
    }
  }
  for (const [{ node }, uri] of targets) node.$ref = uri;
  settleDynamicReferences(files.documents);
  for (const document of files.documents) makeAbsolute(document);
}

type Target = { readonly uri: string } | { readonly uri?: undefined; readonly problem: string };

async function findTarget(files: SchemaFiles, document: Document, reference: Reference): Promise<Target> {
  const { bases, text } = reference;
  const uris = [bases.real, bases.nominal, document.fileUri].flatMap((base) => resolveUri(text, base) ?? []);
  const [first] = uris;
  if (first === undefined) return { problem: 'it is no URI reference' };
  if (isMetaSchema(splitUri(first).resource)) return { uri: first };
  const resource = await findResource(
    files,
    uris.map((uri) => splitUri(uri).resource),
  );
  if (resource === undefined) return { problem: nothingThere(files, uris) };
  const { fragment } = splitUri(first);
  if (!leadsSomewhere(resource, fragment))
    return { problem: `there is no schema at #${fragment} in ${files.pathWith(resource)}` };
  return { uri: fragment === '' ? resource.uri : `${resource.uri}#${fragment}` };
}

async function findResource(files: SchemaFiles, uris: readonly string[]): Promise<Resource | undefined> {
  for (const uri of uris) {
    const known = files.find(uri);
    if (known !== undefined) return known;
  }
  for (const uri of uris) {
    const read = (await files.readByUri(uri)) ?? (await files.readById(uri));
    if (read !== undefined) return read;
  }
  return undefined;
}

function nothingThere(files: SchemaFiles, uris: readonly string[]): string {
  const [uri = ''] = uris.map((each) => splitUri(each).resource);
  if (uris.some((each) => files.isBroken(splitUri(each).resource))) return 'that file cannot be used';
  if (uri.startsWith('http')) return `no local file has the id ${uri}, and nothing is fetched over the network`;
  return 'there is no such file, and no file has such an id';
}

function leadsSomewhere({ node, anchors }: Resource, fragment: string): boolean {
  if (fragment === '') return true;
  const decoded = URL.canParse(`x:#${fragment}`) ? safelyDecoded(fragment) : fragment;
  if (!decoded.startsWith('/')) return anchors.has(decoded);
  const target = valueAt(node, parsePointer(decoded));
  return isObject(target) || typeof target === 'boolean';
}

function safelyDecoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

/** The file's id is its URI in the catalog; ids of parts inside of it become absolute; drafts are kept elsewhere. */
function makeAbsolute({ resources }: Document): void {
  for (const [index, { node, uri }] of resources.entries()) {
    if (!isObject(node)) continue;
    delete node.$schema;
    delete node.$async;
    const key = typeof node.$id === 'string' ? '$id' : 'id';
    if (index > 0) makePartAbsolute(node, key, uri);
    else if (typeof node[key] === 'string' && !node[key].startsWith('#')) delete node[key];
  }
}

function makePartAbsolute(node: MutableObject, key: 'id' | '$id', uri: string): void {
  node[key] = uri;
  if (typeof node.$ref !== 'string') return;
  // ajv does not get out of a part with an id that is nothing but a reference into itself.
  node.allOf = [...(Array.isArray(node.allOf) ? node.allOf : []), { $ref: node.$ref }];
  delete node.$ref;
}
