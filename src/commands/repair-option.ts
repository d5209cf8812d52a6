import type { LoadedRepair } from '../flow/repair/load.js';

/** The repairs that `--repair` names. */
export async function openRepair(path: string | undefined): Promise<LoadedRepair | undefined> {
  if (path === undefined) return undefined;
  const { loadRepair } = await import('../flow/repair/load.js');
  return loadRepair(path);
}
