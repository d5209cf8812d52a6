import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stateError } from './durable.js';
import { isRunId, readRun, type StoredRun } from './run-record.js';

/** Every run in a state folder, the oldest first. What cannot be read is left out. */
export async function listRuns(stateDir: string): Promise<readonly StoredRun[]> {
  const folder = join(stateDir, 'runs');
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw stateError(error, folder);
  });
  const runs: StoredRun[] = [];
  for (const name of names.filter(isRunId).sort()) {
    const run = await readRun(join(folder, name)).catch(() => undefined);
    if (run !== undefined) runs.push(run);
  }
  return runs;
}

/** The receipt of a run as it was written; undefined while there is none. */
export async function readReceipt({ folder }: StoredRun): Promise<string | undefined> {
  const path = join(folder, 'receipt.json');
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw stateError(error, path);
  });
}

/** Removes the folder of a run, and with it the quarantine in it. */
export async function removeRun({ folder }: StoredRun): Promise<void> {
  await rm(folder, { recursive: true }).catch((error: unknown) => {
    throw stateError(error, folder);
  });
}
