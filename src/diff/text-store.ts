import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { CannotEvaluateError } from '../errors.js';
import type { EventBatch } from '../event/batch.js';
import type { RawBatch, SourcePart } from '../sources/source.js';
import type { TextPlace } from './rows.js';
import type { ScratchFile } from './scratch-file.js';

/** Marks the part of texts that were copied instead of being read again where they stand. */
const COPIED = 0x80000000;

/** Index of the part from which a text came. */
export function sourcePart({ part }: Pick<TextPlace, 'part'>): number {
  return part & ~COPIED;
}

/** Finds the text of any event of one side again, byte for byte. */
export interface TextStore extends Disposable {
  /** Remembers where the texts of a batch stand: `part`, and what to add to a span to get a position. */
  remember(raw: Pick<RawBatch, 'part' | 'from' | 'format'>, events: EventBatch): StoredBatch;
  /** @throws CannotEvaluateError `side_changed` when a file is no longer as long as it was. */
  read(place: TextPlace): Buffer;
}

/** Where the texts of one batch stand. */
export interface StoredBatch {
  readonly part: number;
  readonly base: number;
}

/**
 * Opens the store of one side. Lines of plain local files are read again where they stand; what comes from anywhere
 * else, or is written in another way there, is copied into the scratch file.
 */
export function createTextStore(parts: readonly SourcePart[], scratch: ScratchFile): TextStore {
  const files = new Map<number, number | undefined>();
  const fileOf = (part: number): number | undefined => {
    if (!files.has(part)) files.set(part, openLocal(parts[part]?.label ?? ''));
    return files.get(part);
  };
  return {
    remember({ part, from, format }, events) {
      const file = format.kind === 'ndjson' ? fileOf(part) : undefined;
      if (file !== undefined && standsThere(file, from, events)) return { part, base: from };
      const { text, spans, count } = events;
      const start = spans[0] ?? 0;
      const end = spans[2 * count - 1] ?? start;
      return { part: (part | COPIED) >>> 0, base: scratch.append(text.subarray(start, end)) - start };
    },
    read({ part, position, length }) {
      const text = Buffer.alloc(length);
      if (part >= COPIED) scratch.read(position, text);
      else readFile(fileOf(part), { text, position, label: parts[part]?.label ?? '' });
      return text;
    },
    [Symbol.dispose]() {
      for (const file of files.values()) if (file !== undefined) closeSync(file);
    },
  };
}

function openLocal(path: string): number | undefined {
  try {
    return statSync(path).isFile() ? openSync(path, 'r') : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the first and the last event of a batch stand in the file where their bytes were counted. */
function standsThere(file: number, from: number, { text, spans, count }: EventBatch): boolean {
  return [0, count - 1].every((event) => {
    const start = spans[2 * event] ?? 0;
    const own = text.subarray(start, spans[2 * event + 1]);
    const there = Buffer.alloc(own.length);
    return readSync(file, there, 0, there.length, from + start) === own.length && there.equals(own);
  });
}

interface Wanted {
  readonly text: Buffer;
  readonly position: number;
  readonly label: string;
}

function readFile(file: number | undefined, { text, position, label }: Wanted): void {
  if (file !== undefined && readSync(file, text, 0, text.length, position) === text.length) return;
  throw sourceChanged(label);
}

/** A file is no longer what it was when it was read. */
export function sourceChanged(label: string): CannotEvaluateError {
  return new CannotEvaluateError(`${label} has changed while it was being compared`, {
    code: 'side_changed',
    hint: 'compare a copy of it that nobody writes to, or run the same command again once it is complete',
  });
}
