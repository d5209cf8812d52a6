import { parsePointer, valueAt } from '../event/pointer.js';
import { type Dialect, idKeyword, isMetaSchema } from './dialect.js';
import type { Document, Reference, Resource } from './document.js';
import { type DynamicTarget, settleDynamicReferences } from './dynamic-references.js';
import { ignoresBesideReference, isExpected } from './keywords.js';
import type { SchemaFiles } from './schema-files.js';
import { isObject, type MutableObject, placeOf, resolveUri, schemaNodes, splitUri } from './walk.js';

/** What is said of the schemas, in sentences that begin with a place. */
export interface Remarks {
  readonly problems: string[];
  readonly warnings: string[];
}

/**
 * Finds what every reference means, reading further files where they lead, and makes all references and ids absolute,
 * in place. References to nothing are added to `problems`.
 */
export async function resolveReferences(files: SchemaFiles, { problems, warnings }: Remarks): Promise<void> {
  const targets = new Map<Reference, string>();
  const dynamic: DynamicTarget[] = [];
  const roots = files.documents.slice();
  // The list grows while it is being read: files that are referred to may refer on.
  for (const document of files.documents) {
    for (const reference of document.references) {
      const target = await findTarget(files, document, reference);
      if (target.uri !== undefined) targets.set(reference, target.uri);
      else problems.push(`${document.path}${placeOf(reference.path)}: $ref "${reference.text}": ${target.problem}`);
    }
    for (const reference of document.dynamicReferences) {
      const { node, text } = reference;
      const found = await findTarget(files, document, reference);
      // What leads nowhere is for the compiler to refuse.
      if (found.uri !== undefined)
        dynamic.push({ node, name: splitUri(text).fragment, uri: found.uri, target: found.node });
    }
  }
  for (const [{ node }, uri] of targets) node.$ref = uri;
  settleDynamicReferences(dynamic, files.documents, roots);
  for (const document of files.documents) {
    warnings.push(...dropIgnored(document));
    makeAbsolute(document);
  }
}

type Target =
  | { readonly uri: string; readonly node?: unknown }
  | { readonly uri?: undefined; readonly problem: string };

async function findTarget(files: SchemaFiles, document: Document, reference: Reference): Promise<Target> {
  const { bases, text } = reference;
  const uris = [bases.real, bases.nominal, document.fileUri].flatMap((base) => resolveUri(text, base) ?? []);
  const [first] = uris;
  if (first === undefined) return { problem: 'it is no URI reference' };
  if (isMetaSchema(splitUri(first).resource)) return { uri: first };
  const resource = await findResource(
    files,
    uris.map((uri) => splitUri(uri).resource),
    document.dialect,
  );
  if (resource === undefined) return { problem: nothingThere(files, uris) };
  const { fragment } = splitUri(first);
  const node = nodeAt(resource, fragment);
  if (!isObject(node) && typeof node !== 'boolean')
    return { problem: `there is no schema at #${fragment} in ${files.pathWith(resource)}` };
  // ajv does not know the anchor of a whole file.
  return { uri: node === resource.node ? resource.uri : `${resource.uri}#${fragment}`, node };
}

async function findResource(
  files: SchemaFiles,
  uris: readonly string[],
  dialect: Dialect,
): Promise<Resource | undefined> {
  for (const uri of uris) {
    const known = files.find(uri);
    if (known !== undefined) return known;
  }
  for (const uri of uris) {
    const read = (await files.readByUri(uri, dialect)) ?? (await files.readById(uri, dialect));
    if (read !== undefined) return read;
  }
  return undefined;
}

function nothingThere(files: SchemaFiles, uris: readonly string[]): string {
  const [uri = ''] = uris.map((each) => splitUri(each).resource);
  if (uris.some((each) => files.isBroken(splitUri(each).resource))) return 'that file cannot be used';
  if (uri.startsWith('http')) {
    return `no local file has the id ${uri}, and nothing is fetched over the network; --schema-map names a local copy`;
  }
  return 'there is no such file, and no file has such an id';
}

function nodeAt({ node, anchors }: Resource, fragment: string): unknown {
  if (fragment === '') return node;
  const decoded = URL.canParse(`x:#${fragment}`) ? safelyDecoded(fragment) : fragment;
  return decoded.startsWith('/') ? valueAt(node, parsePointer(decoded)) : anchors.get(decoded);
}

function safelyDecoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

// What says nothing of validity may stay beside a $ref, and so may what is referred to there.
const HARMLESS = new Set(
  '$ref $schema $comment title description default examples example definitions $defs'.split(' '),
);

/** Up to draft-07 a `$ref` stands alone: what else is said beside it does not count, and that is worth a warning. */
function dropIgnored({ path, schema, references, dialect }: Document): string[] {
  if (!ignoresBesideReference(dialect)) return [];
  return references.flatMap(({ node, path: place }) => {
    const isOwnId = (key: string) => node === schema && key === idKeyword(dialect);
    const ignored = Object.keys(node).filter((key) => !HARMLESS.has(key) && !key.startsWith('x-') && !isOwnId(key));
    for (const key of ignored) delete node[key];
    const rules = ignored.filter((key) => isExpected(key, dialect));
    return rules.length === 0 ? [] : [`${path}${placeOf(place)}: ${besideReference(rules, dialect)}`];
  });
}

function besideReference(rules: readonly string[], dialect: Dialect): string {
  const said = rules.map((rule) => `"${rule}"`).join(', ');
  return `${said} beside "$ref" has no effect in ${dialect}; write "allOf": [{"$ref": …}, {…}]`;
}

/** The file's id is its URI in the catalog; ids of parts inside of it become absolute; drafts are kept elsewhere. */
function makeAbsolute({ schema, uri: fileUri, resources, dialect }: Document): void {
  const uris = new Map(resources.map(({ node, uri }) => [node, uri]));
  const key = idKeyword(dialect);
  for (const { node, path } of schemaNodes(schema, fileUri, dialect)) {
    delete node.$schema;
    delete node.$async;
    const uri = uris.get(node);
    const id = node[key];
    if (typeof id !== 'string' || id.startsWith('#')) continue;
    // What only looks like an id must not be taken for one either.
    if (path.length === 0 || uri === undefined) delete node[key];
    else makePartAbsolute(node, key, uri);
  }
}

function makePartAbsolute(node: MutableObject, key: 'id' | '$id', uri: string): void {
  node[key] = uri;
  if (typeof node.$ref !== 'string') return;
  // ajv does not get out of a part with an id that is nothing but a reference into itself.
  node.allOf = [...(Array.isArray(node.allOf) ? node.allOf : []), { $ref: node.$ref }];
  delete node.$ref;
}
