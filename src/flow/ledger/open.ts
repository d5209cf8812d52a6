import { join } from 'node:path';
import type { Ledger } from './ledger.js';

interface Circumstances {
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * Opens the ledger in the state folder, or the one that an address names, for several machines.
 * @throws RespoolError with what the user does next.
 */
export async function openLedger(
  address: string | undefined,
  { stateDir, env, signal }: Circumstances,
): Promise<Ledger> {
  if (address === undefined) {
    const { openLmdbLedger } = await import('./lmdb/lmdb-ledger.js');
    return openLmdbLedger(join(stateDir, 'ledger'));
  }
  const { openPostgresLedger } = await import('./postgres/postgres-ledger.js');
  return openPostgresLedger(address, env, signal);
}

/** A ledger for the time of one run: it is emptied with the folder for what does not last. */
export async function openScratchLedger(stateDir: string): Promise<Ledger> {
  const { openLmdbLedger } = await import('./lmdb/lmdb-ledger.js');
  return openLmdbLedger(join(stateDir, 'scratch', 'seen'), { isDurable: false });
}
