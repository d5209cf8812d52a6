import { UsageError } from '../errors.js';
import { readAnnotation } from './annotation.js';
import type { Dialect } from './dialect.js';
import type { Document } from './document.js';
import { findSchemas } from './layout.js';
import { compileProblems, lintSchemas } from './lint.js';
import { resolveReferences } from './references.js';
import { SchemaFiles } from './schema-files.js';
import type { SchemaMapping } from './schema-map.js';

/** The schemas that events are checked against: plain data that can be sent to a worker. */
export interface Catalog {
  /** Folder that paths of files are relative to, as the user named it. */
  readonly root: string;
  /** Every file that takes part, also those that are only referred to. */
  readonly files: readonly CatalogFile[];
  /** URI of the schema for all events; absent when there are only schemas by name. */
  readonly envelope?: string;
  /** Schemas for the events of one name; empty when one schema is for all events. */
  readonly events: readonly EventSchema[];
  /** SHA-256 over paths and contents of the files, in hexadecimal digits; empty where it was not asked for. */
  readonly fingerprint: string;
  /** The schema's own `x-respool`: pointers to id, name, time and user. */
  readonly annotation: Annotation;
  /** Things that do not hinder the checks but should be known: formats that are not checked. */
  readonly warnings: readonly string[];
}

export interface CatalogFile {
  /** URL of the file. */
  readonly uri: string;
  /** Path relative to the catalog, as messages say it. */
  readonly path: string;
  readonly dialect: Dialect;
  /** The parsed schema. Its references are absolute: the URI of a file, or the id of a schema inside of one. */
  readonly schema: unknown;
}

interface EventSchema {
  readonly name: string;
  readonly version?: string;
  readonly uri: string;
}

/** Pointers as `--id`, `--name`, `--time` and `--user` take them. */
export interface Annotation {
  readonly id?: string;
  readonly name?: string;
  readonly time?: string;
  readonly user?: string;
}

export interface CatalogOptions {
  /** Local copies of schemas that are referred to by remote URIs; none when absent. */
  readonly mappings?: readonly SchemaMapping[];
  /** Members of schemas that are no keywords and meant all the same: no warning is given of them. */
  readonly keywords?: readonly string[];
  /** What two schemas for one name are: refused when absent, or the first of them holds and a warning says so. */
  readonly ambiguity?: 'refused' | 'warned';
  /** False for those that no run will be held against: getting ready to hash takes longer than reading them. */
  readonly isFingerprinted?: boolean;
}

/**
 * Reads the schemas at `path`: one JSON Schema file for all events, or a folder with `envelope.schema.json` for all and
 * `events/<name>.schema.json` or `events/<name>/<version>.schema.json` by name (`%2F` in a file name is a slash in
 * the event's name; what begins with `_` or `.` is only there to be referred to). Of several versions the one that an
 * event names itself in `schema_version` or `version` applies, else the highest. Files may refer to one another by
 * relative path, by `$id`, or by a URI that `mappings` know a local copy of; nothing is ever fetched over the network.
 * @throws UsageError `schema_not_found` or, with everything that is wrong in one message, `bad_schema`.
 */
export async function loadCatalog(path: string, options: CatalogOptions = {}): Promise<Catalog> {
  const { mappings = [], ambiguity = 'refused', keywords = [], isFingerprinted = true } = options;
  const layout = await findSchemas(path);
  const found: string[] = [];
  const files = new SchemaFiles(layout.root, mappings);
  const envelope = layout.envelope === undefined ? undefined : await readRoot(files, layout.envelope);
  const events: EventSchema[] = [];
  for (const { file, ...event } of layout.events) {
    const document = await readRoot(files, file);
    if (document !== undefined) events.push({ ...event, uri: document.uri });
  }
  const { documents } = files;
  const roots = documents.slice();
  const warnings: string[] = [];
  await resolveReferences(files, { problems: found, warnings });
  const lint = lintSchemas(documents, roots, new Set(keywords));
  const twice = ambiguity === 'refused' ? layout.ambiguities : [];
  if (ambiguity === 'warned') warnings.push(...layout.ambiguities.map((each) => `${each}; the first one holds`));
  const problems = [...twice, ...files.problems, ...found, ...lint.problems];
  const annotation = readAnnotation(roots, problems);
  if (problems.length === 0) problems.push(...compileProblems(documents, roots));
  if (problems.length > 0) throw badSchema(layout.root, problems);
  return {
    root: layout.root,
    files: documents.map(({ uri, path: shown, dialect, schema }) => ({ uri, path: shown, dialect, schema })),
    ...(envelope && { envelope: envelope.uri }),
    events,
    fingerprint: isFingerprinted ? fingerprintOf(files) : '',
    annotation,
    warnings: [...lint.warnings, ...warnings],
  };
}

async function readRoot(files: SchemaFiles, file: string): Promise<Document | undefined> {
  try {
    return await files.read(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`the schema ${file} cannot be read: ${reason}`, { code: 'schema_not_found', cause });
  }
}

function fingerprintOf(files: SchemaFiles): string {
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256');
  for (const [path, content] of files.allContents()) hash.update(`${path}\0${content.length}\0`).update(content);
  return hash.digest('hex');
}

function badSchema(root: string, problems: readonly string[]): UsageError {
  const [first = '', ...rest] = problems;
  const message =
    rest.length === 0
      ? `the schema cannot be used: ${first}`
      : ['the schema cannot be used:', ...problems].join('\n  ');
  return new UsageError(message, { code: 'bad_schema', hint: `mend it and run again; paths are relative to ${root}` });
}
