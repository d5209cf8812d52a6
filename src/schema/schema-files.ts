import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Dialect } from './dialect.js';
import { type Document, parseDocument, type Resource } from './document.js';
import { mappedFile, type SchemaMapping } from './schema-map.js';

const MOST_CANDIDATES = 5_000;
const DEEPEST_FOLDER = 6;

/** What the reference that leads to a file tells of it. */
interface Origin {
  /** Where it comes from, which its references are relative to, when that is not where it lies. */
  readonly uri?: string;
  /** The draft of the file that refers to it: the draft of those that do not say. */
  readonly dialect?: Dialect;
}

/** The schema files that have been read so far, and those around them that may be referred to by their ids. */
export class SchemaFiles {
  readonly documents: Document[] = [];
  readonly problems: string[] = [];
  private readonly byFile = new Map<string, Promise<Document | undefined>>();
  private readonly broken = new Set<string>();
  private readonly contents = new Map<string, Uint8Array>();
  private readonly resources = new Map<string, Resource>();
  private neighbours: Promise<ReadonlyMap<string, string>> | undefined;

  /** @param mappings local copies of schemas that are known by remote URIs. */
  constructor(
    private readonly root: string,
    private readonly mappings: readonly SchemaMapping[] = [],
  ) {}

  /**
   * Reads a file once; undefined when it is no schema, which is then among the problems.
   */
  read(file: string, origin: Origin = {}): Promise<Document | undefined> {
    const key = resolve(file);
    const known = this.byFile.get(key) ?? this.load(key, origin);
    this.byFile.set(key, known);
    return known;
  }

  /** The resource that a URI without a fragment names, in files read so far. */
  find(uri: string): Resource | undefined {
    return this.resources.get(uri);
  }

  /** Whether a URI names a file that is there, but no schema. */
  isBroken(uri: string): boolean {
    return this.broken.has(uri);
  }

  /** The path of the file that holds a resource. */
  pathWith(resource: Resource): string {
    return this.documents.find(({ resources }) => resources.includes(resource))?.path ?? resource.uri;
  }

  /** Reads the file that a URI names, if it is a local one and there, or has a local copy. */
  async readByUri(uri: string, dialect: Dialect): Promise<Resource | undefined> {
    if (uri.startsWith('file:')) return (await this.readIfThere(fileURLToPath(uri), { dialect }))?.resources[0];
    const copy = await mappedFile(uri, this.mappings);
    return copy === undefined ? undefined : (await this.readIfThere(copy, { uri, dialect }))?.resources[0];
  }

  /** Reads the file in or beside the catalog's folder whose id the URI is. */
  async readById(uri: string, dialect: Dialect): Promise<Resource | undefined> {
    this.neighbours ??= this.indexNeighbours();
    const file = (await this.neighbours).get(uri);
    if (file === undefined) return undefined;
    await this.read(file, { dialect });
    return this.find(uri);
  }

  /** Path and content of every file that has been read, in a stable order. */
  *allContents(): Generator<readonly [path: string, content: Uint8Array]> {
    for (const file of [...this.contents.keys()].sort((a, b) => (a < b ? -1 : 1)))
      yield [this.pathOf(file), this.contents.get(file) ?? new Uint8Array()];
  }

  private async readIfThere(file: string, origin: Origin): Promise<Document | undefined> {
    try {
      return await this.read(file, origin);
    } catch {
      return undefined;
    }
  }

  private async load(file: string, { uri, dialect }: Origin): Promise<Document | undefined> {
    const bytes = readFileSync(file);
    const fileUri = uri ?? pathToFileURL(file).href;
    const document = parseDocument({ ...this.source(file, bytes), fileUri, fallback: dialect });
    if (typeof document === 'string') {
      this.problems.push(document);
      this.broken.add(fileUri);
      return undefined;
    }
    this.contents.set(file, bytes);
    this.documents.push(document);
    this.register(document);
    return document;
  }

  private source(file: string, bytes: Uint8Array) {
    const uri = `respool://schema/${this.documents.length}`;
    return { uri, path: this.pathOf(file), fileUri: pathToFileURL(file).href, bytes };
  }

  private register({ path, fileUri, resources }: Document): void {
    for (const resource of resources) {
      const { real, nominal } = resource.bases;
      if (resource.isNamed && this.resources.has(real))
        this.problems.push(`${path}: another schema has the id ${real}, too`);
      for (const uri of [real, nominal]) if (!this.resources.has(uri)) this.resources.set(uri, resource);
    }
    const [whole] = resources;
    if (whole !== undefined) this.resources.set(fileUri, whole);
  }

  private pathOf(file: string): string {
    return relative(this.root, file);
  }

  private async indexNeighbours(): Promise<ReadonlyMap<string, string>> {
    const index = new Map<string, string>();
    const folder = resolve(this.root);
    for (const file of [...(await jsonFiles(folder, DEEPEST_FOLDER)), ...(await jsonFiles(dirname(folder), 2))]) {
      const bytes = await readFile(file).catch(() => new Uint8Array());
      const document = parseDocument(this.source(file, bytes));
      if (typeof document === 'string') continue;
      for (const { isNamed, bases } of document.resources) {
        if (!isNamed) continue;
        for (const uri of [bases.real, bases.nominal]) if (!index.has(uri)) index.set(uri, file);
      }
    }
    return index;
  }
}

/** JSON files in a folder and those in it, so many levels deep and not without end. */
async function jsonFiles(folder: string, levels: number): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const { name, isDirectory } of entries.map((entry) => ({
    name: entry.name,
    isDirectory: entry.isDirectory(),
  }))) {
    if (found.length >= MOST_CANDIDATES || name.startsWith('.') || name === 'node_modules') continue;
    if (isDirectory && levels > 1) found.push(...(await jsonFiles(join(folder, name), levels - 1)));
    else if (name.endsWith('.json')) found.push(join(folder, name));
  }
  return found;
}
