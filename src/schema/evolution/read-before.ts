import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from '../../errors.js';
import { type Catalog, loadCatalog } from '../catalog.js';
import type { SchemaMapping } from '../schema-map.js';

const run = promisify(execFile);
const HINT = 'give a folder, a file, or a git ref such as HEAD~1 or origin/main in which the schema is';

/**
 * Reads the catalog as it was: at `ref` when that is a folder or a file, else the one at `schemaPath` in the git commit
 * that `ref` names, in the repository around `schemaPath`. Nothing in the repository is changed. Local copies of remote
 * schemas are taken as they are now.
 * @throws UsageError `bad_before` when it is neither, or the commit has no such path; `bad_schema` when it cannot be used.
 */
export async function loadCatalogAt(
  ref: string,
  schemaPath: string,
  mappings: readonly SchemaMapping[] = [],
): Promise<Catalog> {
  if (await isThere(ref)) return loadCatalog(ref, { mappings, ambiguity: 'warned' });
  const folder = await mkdtemp(join(tmpdir(), 'respool-before-'));
  try {
    return await loadCatalog(await exportFromGit(ref, schemaPath, folder), { mappings, ambiguity: 'warned' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Writes the folder of the commit in which the catalog lies: files beside the catalog may be referred to. */
async function exportFromGit(ref: string, schemaPath: string, folder: string): Promise<string> {
  const wanted = resolve(schemaPath);
  const start = await nearestFolder(dirname(wanted));
  const top = await git(
    start,
    ['rev-parse', '--show-toplevel'],
    `there is no ${ref}, and ${wanted} is in no git repository`,
  );
  const named = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`];
  const commit = await git(start, named, `there is no folder, file or git ref ${ref}`);
  const path = relative(top, join(await realpath(start), relative(start, wanted)));
  const shown = path.split(sep).join('/');
  if (shown !== '') await git(top, ['cat-file', '-e', `${commit}:${shown}`], `${shown} is not in ${ref}`);
  const archive = join(folder, 'before.tar');
  const around = dirname(path) === '.' ? [] : ['--', dirname(shown)];
  const failure = `${shown} cannot be exported from ${ref}`;
  await git(top, ['archive', '--format=tar', `--output=${archive}`, commit, ...around], failure);
  await run('tar', ['-xf', archive, '-C', folder]).catch((cause: unknown) => {
    throw new UsageError(failure, { code: 'bad_before', hint: HINT, cause });
  });
  await rm(archive);
  return join(folder, path);
}

/** The folder itself, or the nearest one around it that is there: the schema may be gone by now. */
async function nearestFolder(folder: string): Promise<string> {
  if (dirname(folder) === folder || (await isThere(folder))) return folder;
  return nearestFolder(dirname(folder));
}

async function git(cwd: string, args: readonly string[], failure: string): Promise<string> {
  try {
    const { stdout } = await run('git', args, { cwd });
    return stdout.trim();
  } catch (cause) {
    throw new UsageError(failure, { code: 'bad_before', hint: HINT, cause });
  }
}
