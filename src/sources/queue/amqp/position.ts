import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CannotEvaluateError } from '../../../errors.js';

/** How far a stream has been read by this state folder. */
export interface Position {
  /** The first offset that is not done; undefined when nothing is. */
  readonly next: number | undefined;
  /** Resolves once it is on disk. */
  save(next: number): Promise<void>;
}

const VERSION = 1;

/**
 * Opens the position of a source under the state folder; without one nothing is remembered.
 * @throws CannotEvaluateError `source_unreadable` when the file is there and makes no sense.
 */
export async function openPosition(stateDir: string | undefined, label: string): Promise<Position> {
  if (stateDir === undefined) return { next: undefined, save: async () => {} };
  const name = createHash('sha256').update(label).digest('hex').slice(0, 16);
  const path = join(stateDir, 'positions', `${name}.json`);
  const next = await read(path, label);
  return { next, save: (offset) => write(path, { version: VERSION, source: label, next: offset }) };
}

async function read(path: string, label: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const stored: unknown = JSON.parse(text);
  if (typeof stored === 'object' && stored !== null && 'next' in stored && Number.isSafeInteger(stored.next)) {
    return Number(stored.next);
  }
  throw new CannotEvaluateError(`${path}: it does not say how far ${label} has been read`, {
    code: 'source_unreadable',
    hint: 'remove the file to read the stream from its beginning; what sinks have counts as duplicate',
  });
}

/** The old file or the new one, whenever the process or the machine dies. */
async function write(path: string, content: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(content)}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
