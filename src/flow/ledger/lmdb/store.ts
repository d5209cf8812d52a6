import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';
import { UsageError } from '../../../errors.js';
import type { KnownMark } from '../../../sinks/sink.js';
import { stateError } from '../../state/durable.js';
import type { Writer } from '../ledger.js';

const FORMAT_VERSION = 1;
const MOST_SINKS = 65_535;

/**
 * Two environments. The log takes each delivery as it goes, in the order in which it comes; the tree holds the ids, and
 * takes what is settled from the log in large sorted portions, because writing ids one by one all over a tree costs a
 * page each.
 */
export interface Store extends AsyncDisposable {
  readonly folder: string;
  readonly ids: Database<Buffer, Buffer>;
  /** By sink and number of the page: what was about to be sent. */
  readonly pages: Database<Buffer, Buffer>;
  /** By the same: what became of it. */
  readonly outcomes: Database<Buffer, Buffer>;
  /** By number of the sink. */
  readonly marks: Database<KnownMark, number>;
  /** By number. */
  readonly writers: Database<Writer, number>;
  /** By label. */
  readonly sinks: Database<number, string>;
  /** Runs work on the store; what fails is told as a problem of its folder. */
  trying<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Opens the store in a folder, which is made when it is missing.
 * @throws RespoolError when it cannot be read or written, or another version of respool has written it.
 */
export async function openStore(folder: string, access: 'write' | 'scratch' | 'read' = 'write'): Promise<Store> {
  const trying = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw stateError(withSystemCode(error), folder);
    }
  };
  return trying(async () => {
    const { open } = await import('lmdb');
    const readOnly = access === 'read';
    if (!readOnly) await mkdir(folder, { recursive: true, mode: 0o700 });
    const options = { readOnly, noSubdir: true, maxDbs: 8, noSync: access === 'scratch' };
    const log = open({ ...options, path: join(folder, 'log.mdb'), encoding: 'binary', keyEncoding: 'binary' });
    const tree = open({ ...options, path: join(folder, 'ids.mdb'), encoding: 'binary', keyEncoding: 'binary' });
    if (!readOnly) await keepPrivate(folder);
    await checkVersion(log, folder, readOnly);
    const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
    return {
      folder,
      ids: tree.openDB<Buffer, Buffer>('ids', binary),
      pages: log.openDB<Buffer, Buffer>('pages', binary),
      outcomes: log.openDB<Buffer, Buffer>('outcomes', binary),
      marks: log.openDB<KnownMark, number>('marks', { encoding: 'json', keyEncoding: 'ordered-binary' }),
      writers: log.openDB<Writer, number>('writers', { encoding: 'json', keyEncoding: 'ordered-binary' }),
      sinks: log.openDB<number, string>('sinks', { encoding: 'json', keyEncoding: 'ordered-binary' }),
      trying,
      async [Symbol.asyncDispose]() {
        await trying(() => Promise.all([log.close(), tree.close()]));
      },
    };
  });
}

/** The number of a sink, given to it when it is new. */
export async function numberOfSink({ sinks, trying }: Store, label: string): Promise<number> {
  const known = sinks.get(label);
  if (known !== undefined) return known;
  const number = 1 + sinks.getCount();
  if (number > MOST_SINKS) throw new Error(`a ledger holds at most ${MOST_SINKS} sinks`);
  await trying(async () => {
    await sinks.put(label, number);
    await sinks.flushed;
  });
  return number;
}

/** Enters a writer and returns its number. */
export async function enterWriter({ writers, trying }: Store, writer: Writer): Promise<number> {
  const [last] = writers.getKeys({ reverse: true, limit: 1 });
  const number = 1 + (last ?? 0);
  await trying(async () => {
    await writers.put(number, writer);
    await writers.flushed;
  });
  return number;
}

/** The key of a page: the sink's number and its own. */
export function pageKey(sink: number, page: number): Buffer {
  const key = Buffer.allocUnsafe(8);
  key.writeUInt16BE(sink, 0);
  key.writeUIntBE(page, 2, 6);
  return key;
}

async function checkVersion(log: RootDatabase, folder: string, readOnly: boolean): Promise<void> {
  const about = log.openDB<number, string>('about', { encoding: 'json', keyEncoding: 'ordered-binary' });
  const version = about?.get('formatVersion');
  if (version === undefined && !readOnly) await about.put('formatVersion', FORMAT_VERSION);
  if (version === undefined || version === FORMAT_VERSION) return;
  throw new UsageError(`${folder} was written by another version of respool (format ${version})`, {
    code: 'ledger_version',
    hint: 'use that version, or name another folder with --state-dir: then nothing is known of what was sent',
  });
}

async function keepPrivate(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await chmod(join(folder, name), 0o600);
}

/** LMDB gives the system's number of an error (errno(3)) or its own. */
function withSystemCode(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'number') return error;
  const names: Readonly<Record<number, string>> = { 13: 'EACCES', 17: 'EEXIST', 20: 'ENOTDIR', 28: 'ENOSPC' };
  const code = names[error.code] ?? String(error.code);
  return Object.assign(new Error(error.message, { cause: error }), { code });
}
