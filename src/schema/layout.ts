import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../errors.js';

/** Which files hold the schemas for events. */
export interface Layout {
  /** Folder that paths in messages are relative to. */
  readonly root: string;
  /** File of the schema for all events. */
  readonly envelope: string | undefined;
  readonly events: readonly EventFile[];
  /** Names that have two schemas. */
  readonly ambiguities: readonly string[];
}

interface EventFile {
  readonly name: string;
  readonly version?: string;
  readonly file: string;
}

const EXTENSION = /(?:\.schema)?\.json$/u;
const HINT =
  'give a JSON Schema file for all events, or a folder with envelope.schema.json, events/<name>.schema.json or events/<name>/<version>.schema.json';

/**
 * Finds the schema files at `path`, a file or a folder.
 * @throws UsageError `schema_not_found` when there is nothing, `schema_folder_empty` when a folder holds no schema.
 */
export async function findSchemas(path: string): Promise<Layout> {
  if (/^https?:\/\//u.test(path)) throw notFound(`schemas are not fetched over the network: ${path}`);
  if (!statOf(path).isDirectory()) return { root: dirname(path), envelope: path, events: [], ambiguities: [] };
  const envelope = await findEnvelope(path);
  const events = await findEvents(join(path, 'events'));
  if (envelope === undefined && events.length === 0) {
    throw new UsageError(`the folder ${path} holds no schema for events`, { code: 'schema_folder_empty', hint: HINT });
  }
  return { root: path, envelope, events, ambiguities: twice(events) };
}

/** Not in the background: that would first have to be loaded and begun, for one file. */
function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    throw notFound(`there is no schema at ${path}`, cause);
  }
}

async function findEnvelope(folder: string): Promise<string | undefined> {
  const entries = await entriesOf(folder);
  const entry = entries.find(({ name }) => name === 'envelope.schema.json' || name === 'envelope.json');
  return entry && join(folder, entry.name);
}

async function findEvents(folder: string): Promise<EventFile[]> {
  const found: EventFile[] = [];
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await findVersions(path, entry.name)));
    else if (EXTENSION.test(entry.name)) found.push({ name: nameOf(entry.name), file: path });
  }
  return found;
}

async function findVersions(folder: string, name: string): Promise<EventFile[]> {
  const files = (await entriesOf(folder)).filter((entry) => !entry.isDirectory() && EXTENSION.test(entry.name));
  return files.map((file) => ({ name: nameOf(name), version: nameOf(file.name), file: join(folder, file.name) }));
}

/** What stands in a folder, in a stable order; nothing when there is no such folder. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  return entriesIn(folder)
    .filter(({ name }) => !/^[_.]/u.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function entriesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw notFound(`the folder ${folder} cannot be read`, error);
  }
}

function nameOf(fileName: string): string {
  const name = fileName.replace(EXTENSION, '');
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function twice(events: readonly EventFile[]): string[] {
  return [...new Set(events.map(({ name }) => name))].flatMap((name) => {
    const files = events.filter((event) => event.name === name);
    const versions = new Set(files.map(({ version }) => version));
    if (versions.size === files.length && !(versions.has(undefined) && versions.size > 1)) return [];
    return [`two schemas for the event "${name}": ${files.map(({ file }) => file).join(', ')}`];
  });
}

function notFound(message: string, cause?: unknown): UsageError {
  return new UsageError(message, { code: 'schema_not_found', hint: HINT, cause });
}
