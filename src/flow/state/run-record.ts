import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CannotEvaluateError, UsageError } from '../../errors.js';
import type { Fields } from '../../event/fields.js';
import type { DoneStretch } from '../../sources/source.js';
import type { Accounts } from '../accounts.js';
import { stateError, writeDurably } from './durable.js';

const FORMAT_VERSION = 1;
/** As `newRunId` makes them; whatever else lies in the folder is none of our business. */
const RUN_ID = /^\d{8}-\d{6}-[0-9a-f]+$/;

/** What a run is about, written once when it starts: `run.json`. */
export interface RunRecord {
  readonly formatVersion: typeof FORMAT_VERSION;
  readonly id: string;
  readonly command: string;
  readonly startedAt: string;
  /** Runs with the same source and sinks share it. */
  readonly key: string;
  readonly source: string;
  readonly sinks: readonly string[];
  readonly parts: readonly { readonly label: string; readonly fingerprint: string | undefined }[];
  /** What must not change between the invocations of one run, by the name a user knows it by. */
  readonly conditions: Readonly<Record<string, string>>;
  readonly fields: Fields;
  readonly quarantine: string;
}

/** How far a run has come: `positions.json`. */
export interface RunPosition {
  readonly formatVersion: typeof FORMAT_VERSION;
  readonly state: 'unfinished' | 'finished';
  readonly done: readonly DoneStretch[];
  readonly accounts: Accounts;
  /** Bytes of the quarantine that belong to settled batches. */
  readonly quarantineBytes: number | undefined;
  /** Bytes of `repaired.ndjson` that belong to settled batches; absent means none. */
  readonly repairedBytes?: number;
  readonly resumed: number;
  readonly elapsedMs: number;
}

/** One run's folder and what stands in it. */
export interface StoredRun {
  readonly folder: string;
  readonly record: RunRecord;
  readonly position: RunPosition | undefined;
}

/** What names a run: the command, where its events come from and where they go. */
export function runKey(command: string, source: string, sinks: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([command, source, sinks]))
    .digest('hex');
}

/** An id that sorts by time, to the millisecond: which of two runs is the newer one decides what is taken up again. */
export function newRunId(now: Date): string {
  const [date, time, milliseconds] = now.toISOString().replace(/[-:Z]/gu, '').split(/[T.]/u);
  return `${date}-${time}-${milliseconds}${randomBytes(2).toString('hex')}`;
}

/** Makes the folder of a run and writes what the run is about. */
export async function createRun(stateDir: string, record: Omit<RunRecord, 'formatVersion'>): Promise<StoredRun> {
  const folder = join(stateDir, 'runs', record.id);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw stateError(error, folder);
  }
  const stored: RunRecord = { ...record, formatVersion: FORMAT_VERSION };
  await writeDurably(join(folder, 'run.json'), `${JSON.stringify(stored, undefined, 2)}\n`);
  return { folder, record: stored, position: undefined };
}

/** Saves how far a run has come. */
export async function savePosition(folder: string, position: Omit<RunPosition, 'formatVersion'>): Promise<void> {
  await writeDurably(join(folder, 'positions.json'), JSON.stringify({ formatVersion: FORMAT_VERSION, ...position }));
}

/** The newest run with this key that is not finished. */
export async function findUnfinishedRun(stateDir: string, key: string): Promise<StoredRun | undefined> {
  const runs = join(stateDir, 'runs');
  const ids = await readdir(runs).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw stateError(error, runs);
  });
  for (const id of ids
    .filter((name) => RUN_ID.test(name))
    .sort()
    .reverse()) {
    const folder = join(runs, id);
    const record = await readState<RunRecord>(join(folder, 'run.json'));
    if (record?.key !== key) continue;
    const position = await readState<RunPosition>(join(folder, 'positions.json'));
    // Only the newest run counts: what a later finished run has delivered needs no resuming.
    return position?.state === 'finished' ? undefined : { folder, record, position };
  }
  return undefined;
}

/** Whether a name is one that `newRunId` makes. */
export function isRunId(name: string): boolean {
  return RUN_ID.test(name);
}

/** What stands in the folder of a run; undefined when it is none. */
export async function readRun(folder: string): Promise<StoredRun | undefined> {
  const record = await readState<RunRecord>(join(folder, 'run.json'));
  if (record === undefined) return undefined;
  return { folder, record, position: await readState<RunPosition>(join(folder, 'positions.json')) };
}

/** How far what lies in a folder has come; undefined when it has not begun. */
export function readPosition(folder: string): Promise<RunPosition | undefined> {
  return readState<RunPosition>(join(folder, 'positions.json'));
}

async function readState<T extends { readonly formatVersion: number }>(path: string): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw stateError(error, path);
  }
  const state = parseState<T>(text, path);
  if (state.formatVersion !== FORMAT_VERSION) {
    throw new UsageError(`${path} was written by another version of respool (format ${state.formatVersion})`, {
      code: 'state_version',
      hint: 'finish the run with that version, or start anew with --fresh',
    });
  }
  return state;
}

function parseState<T extends { readonly formatVersion: number }>(text: string, path: string): T {
  let state: Partial<T> | null;
  try {
    state = JSON.parse(text) as Partial<T> | null; // written by this module, unless something else has damaged it
  } catch (cause) {
    throw damaged(path, cause);
  }
  if (typeof state?.formatVersion !== 'number') throw damaged(path);
  return state as T; // the version says which members there are
}

function damaged(path: string, cause?: unknown): CannotEvaluateError {
  return new CannotEvaluateError(`${path} is damaged: something has cut or overwritten it`, {
    code: 'state_damaged',
    hint: `add --fresh to start anew, or move ${dirname(path)} away; Postgres counts what it has as duplicates`,
    cause,
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
