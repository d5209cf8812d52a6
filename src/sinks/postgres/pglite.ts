import { constants, existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { UsageError } from '../../errors.js';
import type { SinkContext } from '../context.js';
import type { Sink } from '../sink.js';
import { type Fallback, folderError, notADatabaseFolder } from './folder-error.js';
import { lockFolder } from './folder-lock.js';
import { createPgliteDatabase } from './pglite-database.js';
import { openTable } from './postgres.js';
import { parseTableOptions } from './sink-options.js';

const MOST_EVENTS = 1_000;
/** Every PostgreSQL data folder has it. */
const VERSION_FILE = 'PG_VERSION';
const NO_FSYNC =
  'the embedded database survives a killed process, but it does not sync to disk: a power cut can lose what it took last';

/**
 * Opens the sink `pglite:<folder>?table=…`: a PostgreSQL inside this process that keeps its data in a folder.
 * @throws UsageError when another process holds the folder, it holds something else, or the table cannot be used; what
 * `folderError` makes of a folder that cannot be made or opened.
 */
export async function openPglite(address: string, context: SinkContext): Promise<Sink> {
  const { folder, query } = parse(address);
  const options = parseTableOptions(query);
  await checkFolder(folder);
  const open = context.dryRun ? openAside : openInPlace;
  const { db, close } = await open(folder);
  try {
    const sink = await openTable(createPgliteDatabase(db, `pglite:${folder}`, close), options, {
      ...context,
      name: 'pglite',
      maxEvents: MOST_EVENTS,
      notes: [NO_FSYNC],
    });
    return { ...sink, alone: 'the database runs inside one process' };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What stands in the folder's place is never moved away or mixed with a database. */
async function checkFolder(folder: string): Promise<void> {
  const names = await orFolderError(namesIn(folder), folder, 'not_writable');
  if (names.length === 0 || names.includes(VERSION_FILE)) return;
  throw notADatabaseFolder(`${folder} holds files that are not an embedded database's`);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

interface OpenFolder {
  readonly db: PGlite;
  readonly close: () => Promise<void>;
}

async function openInPlace(folder: string): Promise<OpenFolder> {
  const lock = await lockFolder(folder);
  try {
    const db = await openFolder(folder);
    const close = async () => {
      await db.close();
      await lock[Symbol.asyncDispose]();
    };
    return { db, close };
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Opens what a dry run may look at: a copy, since even reading changes the folder, or an empty database in memory where
 * there is none yet. The folder is held only while it is copied.
 */
async function openAside(folder: string): Promise<OpenFolder> {
  const { PGlite } = await import('@electric-sql/pglite');
  if (!isDatabase(folder)) {
    const db = await PGlite.create();
    return { db, close: () => db.close() };
  }
  const aside = await mkdtemp(join(tmpdir(), 'respool-'));
  const discard = () => rm(aside, { recursive: true, force: true });
  try {
    await orFolderError(copyFolder(folder, aside), folder, 'not_writable');
    const db = await openFolder(aside, folder);
    const close = async () => {
      await db.close();
      await discard();
    };
    return { db, close };
  } catch (error) {
    await discard();
    throw error;
  }
}

async function copyFolder(folder: string, aside: string): Promise<void> {
  await using _lock = await lockFolder(folder);
  await cp(folder, aside, { recursive: true, mode: constants.COPYFILE_FICLONE });
}

function isDatabase(folder: string): boolean {
  return existsSync(join(folder, VERSION_FILE));
}

async function openFolder(folder: string, shown = folder): Promise<PGlite> {
  if (!isDatabase(folder)) await orFolderError(makeDatabase(folder), shown, 'not_writable');
  const { PGlite } = await import('@electric-sql/pglite');
  return orFolderError(PGlite.create(folder), shown, 'damaged');
}

/** A new database is made aside and moved into place whole, so that a kill never leaves half of one. */
async function makeDatabase(folder: string): Promise<void> {
  const { PGlite } = await import('@electric-sql/pglite');
  const aside = `${folder}.respool-new`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { mode: 0o700 });
  try {
    const made = await PGlite.create(aside);
    await made.close();
    await rename(aside, folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

async function orFolderError<T>(work: Promise<T>, folder: string, fallback: Fallback): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw folderError(folder, error, fallback);
  }
}

function parse(address: string): { readonly folder: string; readonly query: ReadonlyMap<string, string> } {
  const [, path = '', search = ''] = /^pglite:([^?]*)\??(.*)$/s.exec(address) ?? [];
  if (path === '') {
    throw new UsageError('pglite: names no folder', {
      code: 'bad_sink_address',
      hint: 'write pglite:<folder>, such as pglite:.respool/db',
    });
  }
  return { folder: resolve(path), query: new Map(new URLSearchParams(search)) };
}
