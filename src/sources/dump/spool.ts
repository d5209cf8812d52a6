import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ByteReader, chunksOf } from './byte-reader.js';

/** Bytes that were put into a file of their own; gone when it is disposed of. */
export interface SpooledFile extends AsyncDisposable {
  readonly path: string;
}

/** Writes what is left of a reader to a temporary file, for readers that have to jump about in it. */
export async function spool(reader: ByteReader): Promise<SpooledFile> {
  const folder = await mkdtemp(join(tmpdir(), 'respool-'));
  const path = join(folder, 'spooled');
  const spooled = { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of chunksOf(reader, 1024 * 1024)) await file.write(chunk);
    } finally {
      await file.close();
    }
    return spooled;
  } catch (failure) {
    await spooled[Symbol.asyncDispose]();
    throw failure;
  }
}
