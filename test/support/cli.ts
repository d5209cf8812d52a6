import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/respool.js', import.meta.url));

/** What a finished call of respool left behind. */
export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and how respool is called. */
export interface CliCall {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** All of standard input; empty by default. */
  readonly stdin?: string;
}

/** Calls the real `bin/respool.js` and waits for its end. */
export async function respool(args: readonly string[], call: CliCall = {}): Promise<CliResult> {
  const child = spawnRespool(args, call);
  child.stdin.end(call.stdin ?? '');
  return ended(child);
}

/** Starts `bin/respool.js` with its standard input left open. */
export function spawnRespool(args: readonly string[], { cwd, env }: CliCall = {}): ChildProcessWithoutNullStreams {
  const { NO_COLOR, FORCE_COLOR, RESPOOL_DEBUG, ...inherited } = process.env;
  const child = spawn(process.execPath, [bin, ...args], { cwd, env: { ...inherited, ...env } });
  child.stdin.on('error', () => {}); // a child that ends early closes its end of the pipe
  return child;
}

/** Resolves once the child is gone and its output is complete. */
export async function ended(child: ChildProcessWithoutNullStreams): Promise<CliResult> {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, ...texts };
}

/** A folder with these files, gone at the end of the block. */
export async function folderWith(files: Readonly<Record<string, string>> = {}) {
  const path = await mkdtemp(join(tmpdir(), 'respool-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
