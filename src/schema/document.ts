import { isUtf8 } from 'node:buffer';
import { describeJsonError } from '../event/json-problems.js';
import { type Dialect, dialectOf, idKeyword } from './dialect.js';
import { type Bases, isObject, type MutableObject, type SchemaNode, schemaNodes } from './walk.js';

/** A schema file that has been read. Its schema still is as it stands in the file. */
export interface Document {
  /** Stands for the file in references: short, and the same on every machine. */
  readonly uri: string;
  /** Relative to the catalog, as messages say it. */
  readonly path: string;
  /** URL of the file. */
  readonly fileUri: string;
  readonly dialect: Dialect;
  readonly schema: unknown;
  readonly resources: readonly Resource[];
  /** Each `$ref`. */
  readonly references: readonly Reference[];
  /** Each `$dynamicRef` and `$recursiveRef`. */
  readonly dynamicReferences: readonly Reference[];
}

/** A schema that can be referred to by URI: the whole file, or a part with an id of its own. */
export interface Resource {
  /** Stands for the resource in references. */
  readonly uri: string;
  readonly node: unknown;
  readonly bases: Bases;
  /** Whether the file itself gives it an id. */
  readonly isNamed: boolean;
  /** What plain-name fragments lead to. */
  readonly anchors: Map<string, MutableObject>;
}

export interface Reference {
  readonly node: MutableObject;
  readonly path: readonly string[];
  readonly text: string;
  readonly bases: Bases;
}

interface DocumentSource {
  readonly uri: string;
  readonly path: string;
  readonly fileUri: string;
  readonly bytes: Uint8Array;
  /** The draft of files that do not say. */
  readonly fallback?: Dialect | undefined;
}

/** Reads a schema file's bytes; what is wrong with them is returned as a sentence that begins with the path. */
export function parseDocument(source: DocumentSource): Document | string {
  const { uri, path, fileUri, fallback } = source;
  const json = parseJson(source);
  if (typeof json === 'string') return json;
  const { schema } = json;
  if (!isObject(schema) && typeof schema !== 'boolean') return `${path}: not a schema: it is ${kindOf(schema)}`;
  if (isDeeper(schema, DEEPEST)) return `${path}: nested more than ${DEEPEST} deep: no checker has the stack for it`;
  const metaSchema = isObject(schema) ? schema.$schema : undefined;
  const dialect = metaSchema === undefined && fallback !== undefined ? fallback : dialectOf(metaSchema);
  if (dialect === undefined) {
    return `${path}: $schema is ${JSON.stringify(metaSchema)}: only drafts 04, 06, 07, 2019-09 and 2020-12 are known`;
  }
  return { uri, path, fileUri, dialect, schema, ...survey(schema, source, dialect) };
}

/** Objects and arrays in one another; each schema in `properties` counts twice. */
const DEEPEST = 1_000;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((child) => isDeeper(child, levels - 1));
}

function parseJson({ path, bytes }: DocumentSource): { readonly schema: unknown } | string {
  if (!isUtf8(bytes)) return `${path}: the file is not UTF-8`;
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  try {
    return { schema: JSON.parse(Buffer.from(bytes).toString('utf8', start)) };
  } catch {
    const { message, offset } = describeJsonError(bytes, start, bytes.length);
    return `${path}:${lineAndColumn(bytes, start, offset)}: not JSON: ${message}`;
  }
}

function survey(schema: unknown, { uri, fileUri }: DocumentSource, dialect: Dialect) {
  const references: Reference[] = [];
  const dynamicReferences: Reference[] = [];
  const resources: Resource[] = [];
  if (typeof schema === 'boolean') resources.push(wholeFile(uri, schema, { real: fileUri, nominal: fileUri }, false));
  for (const current of schemaNodes(schema, fileUri, dialect)) {
    const { node, path, bases, id } = current;
    if (path.length === 0) resources.push(wholeFile(uri, node, bases, id !== undefined));
    else if (id !== undefined) resources.push(wholeFile(`${uri}/${resources.length}`, node, bases, true));
    if (current.isCertain) addAnchors(resources, current, idKeyword(dialect));
    if (typeof node.$ref === 'string') references.push({ node, path, text: node.$ref, bases });
    const dynamic = dialect === '2019-09' ? node.$recursiveRef : node.$dynamicRef;
    if (typeof dynamic === 'string') dynamicReferences.push({ node, path, text: dynamic, bases });
  }
  return { references, dynamicReferences, resources };
}

function wholeFile(uri: string, node: unknown, bases: Bases, isNamed: boolean): Resource {
  return { uri, node, bases, isNamed, anchors: new Map() };
}

function addAnchors(resources: readonly Resource[], { node, bases }: SchemaNode, idKey: 'id' | '$id'): void {
  const resource = resources.findLast((candidate) => candidate.bases.real === bases.real);
  const id = node[idKey];
  for (const anchor of [
    node.$anchor,
    node.$dynamicAnchor,
    typeof id === 'string' && id.startsWith('#') && id.slice(1),
  ]) {
    if (typeof anchor === 'string') resource?.anchors.set(anchor, node);
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

function lineAndColumn(bytes: Uint8Array, start: number, offset: number): string {
  const before = Buffer.from(bytes)
    .toString('utf8', start, offset)
    .split(/\r\n|\n|\r/u);
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}
