import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Writer } from './ledger.js';

/** What the ledger knows of one event in one sink. */
export interface LedgerEntry {
  readonly sink: string;
  /** The id; where the ledger in Postgres keeps a long one by its digest, `sha256:` and 64 hex digits. */
  readonly id: string;
  /** `sending`: on its way at this moment. `unknown`: it was being sent, and nobody has noted an answer. */
  readonly state: 'taken' | 'unknown' | 'sending';
  readonly writer: Writer | undefined;
  /** Part and byte offset (row, number of the message) in the source that the writer read. */
  readonly part: number;
  readonly offset: number;
}

/** A ledger to look into. */
export interface LedgerView extends AsyncDisposable {
  readonly label: string;
  /** What is known of an event, in every sink. */
  find(id: string): Promise<readonly LedgerEntry[]>;
  /**
   * Opens a look for one sink that tells of an id whether it was taken, at once. Absent where each look would be a way to a
   * server.
   */
  reader?(sink: string): (id: string) => boolean;
  /** Everything, sink by sink. */
  entries(): AsyncIterable<LedgerEntry>;
  /** Forgets what was written by invocations that began before `before`; resolves to how many events that were. */
  prune(before: Date): Promise<number>;
}

interface Circumstances {
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Whether something will be forgotten; then no other process may be writing. */
  readonly access: 'read' | 'write';
}

/** Opens the ledger that `openLedger` would; undefined when there is none in the state folder. */
export async function openLedgerView(
  address: string | undefined,
  { stateDir, env, signal, access }: Circumstances,
): Promise<LedgerView | undefined> {
  if (address !== undefined) {
    const { openPostgresView } = await import('./postgres/view.js');
    return openPostgresView(address, env, signal);
  }
  const folder = join(stateDir, 'ledger');
  if (!existsSync(join(folder, 'log.mdb'))) return undefined;
  const { openLmdbView } = await import('./lmdb/view.js');
  return openLmdbView(folder, access);
}
