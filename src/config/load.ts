import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import type { FlagShape } from './check.js';
import { type Config, emptyConfig } from './config.js';
import type { ConfigProblem } from './document.js';

/** Where to look, and what may stand in the file. */
export interface ConfigRequest {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asked for when there is a file. */
  readonly flags: () => Promise<readonly FlagShape[]>;
  /** The file that the user named; otherwise it is looked for in `cwd` and above, up to the repository's root. */
  readonly path?: string;
}

const fileNames = ['respool.config.yaml', 'respool.config.yml', 'respool.config.json'];

/**
 * Reads and checks the configuration; without a file it is empty.
 * @throws UsageError that names every problem of the file with its line and column.
 */
export async function loadConfig(request: ConfigRequest): Promise<Config> {
  const { cwd, env, flags } = request;
  const path = request.path === undefined ? findConfig(cwd) : resolve(cwd, request.path);
  if (path === undefined) return emptyConfig;

  const text = await readConfigFile(path);
  const label = relative(cwd, path);
  const { parseConfigText } = await import('./document.js');
  const { checkConfig } = await import('./check.js');
  const { root, problems: syntax } = parseConfigText(text, label);
  if (syntax.length > 0) throw invalid(label, syntax);

  const pathFromHere = (found: string): string => relative(cwd, resolve(dirname(path), found)) || '.';
  const { config, problems } = checkConfig(root, { env, flags: await flags(), pathFromHere });
  if (problems.length > 0) throw invalid(label, problems);
  return { ...config, path };
}

function findConfig(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const names = namesIn(folder);
    const [found, second] = fileNames.filter((name) => names.includes(name));
    if (found !== undefined && second !== undefined) {
      throw new UsageError(`${folder} holds both ${found} and ${second}`, {
        code: 'config_ambiguous',
        hint: 'keep one of them, or name one with --config',
      });
    }
    if (found !== undefined) return join(folder, found);
    if (names.includes('.git') || dirname(folder) === folder) return undefined;
  }
}

/** Not in the background: that would first have to be loaded and begun, for one folder. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function readConfigFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const why = isMissing ? 'there is no such file' : cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`the configuration ${path} cannot be read: ${why}`, {
      code: 'config_unreadable',
      hint: 'name the file with --config; without it respool.config.yaml or .json is looked for here and in the folders above',
      cause,
    });
  }
}

function invalid(label: string, problems: readonly ConfigProblem[]): UsageError {
  const lines = problems.map(({ at, message }) => `  ${at}  ${message}`);
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new UsageError([`${label} has ${count}:`, ...lines].join('\n'), { code: 'config_invalid' });
}
