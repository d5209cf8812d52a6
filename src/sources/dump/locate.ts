import { createReadStream, type Dirent, readdirSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { CannotEvaluateError, UsageError } from '../../errors.js';
import { require } from '../../require.js';
import type { StoredFile } from './byte-reader.js';
import { cannotRead } from './cannot-read.js';
import { localFile } from './local-file.js';
import type { DumpOptions } from './options.js';
import { streamedFile } from './streamed-file.js';

/**
 * Finds the files that the words on the command line stand for, in their order; each file once. A folder and a glob
 * give their files by code points of their paths, without hidden ones.
 * @throws UsageError when a word stands for nothing.
 */
export async function locateFiles(inputs: readonly string[], options: DumpOptions): Promise<readonly StoredFile[]> {
  const [only] = inputs;
  // What one word stands for is there once already.
  if (only !== undefined && inputs.length === 1) return locate(only, options);
  const found = new Map<string, StoredFile>();
  for (const input of inputs) {
    for (const file of await locate(input, options)) {
      const key = file.path === undefined ? file.label : resolve(file.path);
      if (!found.has(key)) found.set(key, file);
    }
  }
  return [...found.values()];
}

async function locate(input: string, options: DumpOptions): Promise<readonly StoredFile[]> {
  if (input === '-') return [streamedFile('-', () => options.stdin ?? process.stdin)];
  if (input.startsWith('s3://')) {
    const { locateObjects } = await import('./s3.js');
    return locateObjects(input, options.env ?? {});
  }
  const stats = statOf(input);
  if (stats?.isDirectory()) return filesIn(input);
  if (stats !== undefined) return [stats.isFile() ? localFile(input, stats.size) : pipe(input)];
  const { glob, isDynamicPattern } = await import('tinyglobby');
  if (!isDynamicPattern(input)) throw await missing(input);
  const files = await matching(input, glob);
  if (files.length > 0) return files;
  throw new UsageError(`${input}: no file matches`, {
    code: 'no_files',
    hint: 'quote the pattern so that the shell leaves it alone, and try it with ls',
  });
}

/** A pipe or device, such as the shell makes of `<(…)`. */
function pipe(path: string): StoredFile {
  return streamedFile(path, () => createReadStream(path));
}

/** Not in the background: of thousands of small files that would cost more than all the rest. */
function statOf(path: string) {
  try {
    return statSync(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    throw cannotRead(path, cause);
  }
}

function sizeOf(path: string): number | undefined {
  return statOf(path)?.size;
}

function filesIn(folder: string): readonly StoredFile[] {
  const files: StoredFile[] = [];
  walk(folder, files);
  if (files.length > 0) return inOrder(files);
  throw new UsageError(`${folder}: the folder holds no files`, {
    code: 'no_files',
    hint: 'hidden files are left out; name them one by one to read them',
  });
}

/** Adds what a folder holds; not in the background, for the same reason. */
function walk(folder: string, files: StoredFile[]): void {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    files.push(unlisted(folder, cause));
    return;
  }
  // What `join` puts in front of a name, found once.
  const start = join(folder, 'x').slice(0, -1);
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = start + entry.name;
    if (entry.isFile()) files.push(localFile(path, sizeOf));
    else if (entry.isDirectory()) walk(path, files);
    else addFile(files, path);
  }
}

/** Pipes and sockets in a folder are left out, and links to folders, which may lead back up: name them to read them. */
function addFile(files: StoredFile[], path: string): void {
  const stats = statOf(path);
  if (stats === undefined || stats.isFile()) files.push(localFile(path, stats?.size));
}

/** A folder that cannot be listed stands among the files as one that cannot be read: it does not hide the others. */
function unlisted(folder: string, cause: unknown): StoredFile {
  const error = new CannotEvaluateError(`${folder}: the folder cannot be listed`, {
    code: 'source_permission_denied',
    hint: `let the current user list it, for example: chmod u+rx '${folder}'`,
    cause,
  });
  return { label: folder, bytes: undefined, fingerprint: async () => undefined, open: () => Promise.reject(error) };
}

async function matching(pattern: string, glob: typeof import('tinyglobby').glob): Promise<readonly StoredFile[]> {
  const options = { onlyFiles: true, expandDirectories: false, dot: false, absolute: isAbsolute(pattern) };
  const paths = await glob(pattern, options);
  const files = paths.map((path) => localFile(path, sizeOf));
  return inOrder(files);
}

async function missing(path: string): Promise<UsageError> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  const { distance } = require('fastest-levenshtein') as typeof import('fastest-levenshtein'); // `require` is untyped
  const near = names
    .map((name) => ({ name, far: distance(name, basename(path)) }))
    .filter(({ name, far }) => far <= Math.max(2, name.length / 3))
    .sort((a, b) => a.far - b.far)[0];
  const hint = near ? `did you mean ${join(folder, near.name)}?` : `look into the folder: ls '${folder}'`;
  return new UsageError(`${path}: no such file or folder`, { code: 'source_not_found', hint });
}

/** In the order of the bytes of their names, which is the same on every machine. */
function inOrder(files: StoredFile[]): StoredFile[] {
  // Up to the surrogates, code units stand in the order of bytes, and are much faster to compare.
  const isPlain = !files.some(({ label }) => /[\ud800-\uffff]/.test(label));
  return files.sort(isPlain ? byCodeUnits : byBytes);
}

function byCodeUnits({ label: left }: StoredFile, { label: right }: StoredFile): number {
  return left < right ? -1 : Number(left > right);
}

function byBytes(left: StoredFile, right: StoredFile): number {
  return Buffer.compare(Buffer.from(left.label), Buffer.from(right.label));
}
