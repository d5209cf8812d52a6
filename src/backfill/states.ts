import { closeSync, fdatasync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stateError } from '../flow/state/durable.js';

/** Where a partition stands. */
export type PartitionState = 'planned' | 'loading' | 'verifying' | 'swapping' | 'done' | 'failed' | 'undone';

/** Everything that is known of a partition's way. Counts are those of its last attempt. */
export interface PartitionProgress {
  readonly state: PartitionState;
  /** Rows that the run has added, counted in the table. */
  readonly accepted: number;
  /** Rows that were there, or came twice, counted in the table. */
  readonly duplicate: number;
  /** Rows that the server refused, counted in the quarantine. */
  readonly rejected: number;
  /** Events of which nobody knows whether they arrived. */
  readonly unknown?: number;
  /** Sum over the keys of the rejected, 16 hex digits. */
  readonly rejectedChecksum?: string;
  /** Whether counts and checksum of source and table agreed. */
  readonly verified: boolean;
  /** Rows that were written to the old partition meanwhile and have been carried over. */
  readonly carriedOver?: number;
  /** Rows of the source whose keys the table held with other values when it was done: they were there before, or repeat a key. */
  readonly otherValues?: number;
  /** What was found when it was verified, in words. */
  readonly evidence?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  /** The new partition of a swap. */
  readonly newOid?: string;
  /** The old partition of a swap, under the name that it keeps until it is dropped. */
  readonly oldOid?: string;
  readonly oldName?: string;
  /** What the server saw right after the swap: rows that are younger were written by others. */
  readonly snapshot?: string;
  /** How long the table was locked for the swap. */
  readonly lockedMs?: number;
  /** How often it has failed. */
  readonly failures?: number;
  /** How often a worker failed before or beside its work on it. */
  readonly troubles?: number;
  /** Whether the old partition has been dropped. */
  readonly dropped?: boolean;
  /** When a service had answered for all of it. */
  readonly deliveredAt?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

/** The states of a run's partitions: each change is on disk before anything else happens. */
export interface States extends Disposable {
  of(partition: number): PartitionProgress;
  set(partition: number, change: Partial<PartitionProgress>): Promise<void>;
}

const sync = promisify(fdatasync);

/** Whoever asks while the disk is at it shares the next time with all who ask meanwhile. */
function shared(write: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const begin = (): Promise<void> => {
    next = undefined;
    const mine = write().finally(() => {
      if (current === mine) current = undefined;
    });
    current = mine;
    return mine;
  };
  return () => {
    if (current === undefined) return begin();
    next ??= current.then(begin, begin);
    return next;
  };
}

/** Before anything has happened to a partition. */
export const PLANNED: PartitionProgress = { state: 'planned', accepted: 0, duplicate: 0, rejected: 0, verified: false };

/** Opens the states in a run's folder, with what earlier invocations left in it. */
export function openStates(folder: string): States {
  const path = join(folder, 'states.ndjson');
  const trying = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw stateError(error, path);
    }
  };
  const known = trying(() => readStates(path));
  const file = trying(() => openSync(path, 'a', 0o600));
  const of = (partition: number) => known.get(partition) ?? PLANNED;
  const toDisk = shared(() => sync(file));
  return {
    of,
    async set(partition, change) {
      known.set(partition, { ...of(partition), ...change });
      try {
        // In front of each line stands a line end too: what a full disk cut off never swallows the next change.
        writeSync(file, `\n${JSON.stringify({ partition, ...change })}\n`);
        // Others may change their states meanwhile: the work of a slow disk must not hold them up.
        await toDisk();
      } catch (error) {
        throw stateError(error, path);
      }
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}

/** The states as they stand, without a way to change them. */
export function readStates(path: string): Map<number, PartitionProgress> {
  const known = new Map<number, PartitionProgress>();
  for (const line of readText(path).split('\n')) {
    const change = parseLine(line);
    if (change === undefined) continue;
    const { partition, ...rest } = change;
    known.set(partition, { ...(known.get(partition) ?? PLANNED), ...rest });
  }
  return known;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

type Change = Partial<PartitionProgress> & { readonly partition: number };

/** A line that is not whole was being written as the process died: what it says did not happen. */
function parseLine(line: string): Change | undefined {
  if (line === '') return undefined;
  try {
    return JSON.parse(line) as Change; // only this module writes the file
  } catch {
    return undefined;
  }
}
