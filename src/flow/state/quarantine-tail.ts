import { createReadStream } from 'node:fs';
import { access, constants, realpath, stat, truncate } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { UsageError } from '../../errors.js';
import { QUARANTINE_MARK } from '../../sources/marks.js';
import { stateError } from './durable.js';
import type { StoredRun } from './run-record.js';

/**
 * Refuses a quarantine that could not be written when the first event needs it, or that is read as a source.
 * @throws UsageError that names the path.
 */
export async function checkQuarantine(path: string, sources: readonly string[]): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats !== undefined && !stats.isFile()) throw unusable(path, 'it is no file');
  await access(stats === undefined ? dirname(resolve(path)) : path, constants.W_OK).catch((cause: unknown) => {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw unusable(path, isMissing ? 'its folder is missing' : 'there is no right to write it', cause);
  });
  if (stats === undefined) return;
  const real = await realpath(path);
  for (const source of sources) {
    if ((await realpath(source).catch(() => undefined)) !== real) continue;
    throw unusable(path, 'it is also read as a source');
  }
}

function unusable(path: string, reason: string, cause?: unknown): UsageError {
  return new UsageError(`--quarantine ${path}: ${reason}`, {
    code: 'quarantine_unusable',
    hint: 'name a file in a folder that exists and can be written, and that is none of the sources',
    cause,
  });
}

/**
 * Takes back what an interrupted invocation wrote behind its last checkpoint: it will be written again. Lines of
 * others behind it are left alone, and with them ours. Resolves to the bytes in front of what comes now.
 * @throws UsageError `changed_since` when entries that had been kept are gone.
 */
export async function trimQuarantine({ record, position }: StoredRun): Promise<number> {
  const { quarantine, id } = record;
  const size = await sizeOf(quarantine);
  const settled = position?.quarantineBytes ?? size;
  if (settled > size) {
    throw new UsageError(`the quarantine ${quarantine} of run ${id} is shorter than when the run stopped`, {
      code: 'changed_since',
      hint: 'put it back to go on, or add --fresh to start anew: what is refused is quarantined again',
    });
  }
  if (settled === size) return size;
  try {
    if (!(await isAllOf(id, quarantine, settled))) return size;
    await truncate(quarantine, settled);
  } catch (error) {
    throw stateError(error, quarantine);
  }
  return settled;
}

/** Whether every line behind `start` is one of this run's; the last one may be cut off. */
async function isAllOf(run: string, path: string, start: number): Promise<boolean> {
  const head = JSON.stringify({ respool: QUARANTINE_MARK, run }).slice(0, -1);
  const lines = createInterface({ input: createReadStream(path, { start }), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) if (!line.startsWith(head.slice(0, line.length))) return false;
  return true;
}

/** Bytes of a file, 0 when there is none. */
export async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => ({ size: 0 }))).size;
}
