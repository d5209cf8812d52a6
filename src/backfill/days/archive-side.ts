import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { IncompleteError } from '../../errors.js';
import { writeDurably } from '../../flow/state/durable.js';
import type { Destination } from '../../sinks/datadog-archive/destination.js';
import { logIdOf } from '../../sinks/datadog-archive/record.js';
import { dayFolder } from './deliver-day.js';
import type { FarSide } from './far-side.js';

const inflate = promisify(gunzip);

/** Log archives, which are read back object by object: those that the run has written, and no others. */
export function archiveSide(archive: Destination, folder: string): FarSide {
  return {
    nameOf: logIdOf,
    silence: undefined,
    lagMs: 0,
    async *namesOf({ index }, signal) {
      for (const name of await writtenObjects(dayFolder(folder, index))) {
        // What is gone or damaged is missed with its events.
        const text = await textOf(archive, name, signal);
        if (text !== undefined) yield* idsIn(text);
      }
    },
  };
}

/** Writes down which objects a day's delivery has written. */
export function saveObjects(folder: string, names: readonly string[]): Promise<void> {
  return writeDurably(join(folder, OBJECTS), `${JSON.stringify(names)}\n`);
}

const OBJECTS = 'objects.json';

async function writtenObjects(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, OBJECTS), 'utf8').catch(() => '[]');
  return JSON.parse(text) as string[]; // only this module writes it
}

async function textOf(archive: Destination, name: string, signal: AbortSignal): Promise<Buffer | undefined> {
  const content = await archive.get(name, signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new IncompleteError(`${name} cannot be read back: ${cause instanceof Error ? cause.message : cause}`, {
      code: 'archive_unreadable',
      hint: 'respool backfill verify <run> later looks again',
      cause,
    });
  });
  if (content === undefined) return undefined;
  return inflate(content).catch(() => undefined);
}

function* idsIn(text: Buffer): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf(0x0a, start);
    const line = text.toString('utf8', start, end < 0 ? text.length : end);
    yield idIn(line);
    start = end < 0 ? text.length : end + 1;
  }
}

function idIn(line: string): string {
  try {
    const { _id } = JSON.parse(line) as { readonly _id?: unknown };
    return typeof _id === 'string' ? _id : '';
  } catch {
    return '';
  }
}
