import { type FileHandle, open } from 'node:fs/promises';
import { onOneLine } from '../flow/repair-trail.js';
import { stateError } from '../flow/state/durable.js';
import { withLetterLines } from '../sources/letter-batch.js';
import { loadDecoder } from '../sources/load-decoder.js';
import type { RawBatch, Source } from '../sources/source.js';

/** Writes the letters of some signatures to a file, each whole and on a line of its own: it is itself a dump. */
export interface LetterExport extends AsyncDisposable {
  /** Letters written so far. */
  readonly letters: number;
  take(batch: RawBatch, lines: ReadonlyMap<number, readonly string[]>): Promise<void>;
}

/** Opens the export; the file must not exist. @throws IncompleteError or UsageError when it cannot be written. */
export async function openExport(path: string, source: Source, signatures: readonly string[]): Promise<LetterExport> {
  const decoder = await loadDecoder(source.decoder);
  const wanted = new Set(signatures);
  let file: FileHandle | undefined;
  let letters = 0;
  try {
    file = await open(path, 'wx', 0o600);
  } catch (error) {
    throw stateError(error, path);
  }
  return {
    get letters() {
      return letters;
    },
    async take(batch, lines) {
      const chosen: Buffer[] = [];
      decoder.decode(
        withLetterLines(batch),
        ({ text, start, end, line }) => {
          const isWanted = lines.get(line)?.some((id) => wanted.size === 0 || wanted.has(id)) === true;
          if (isWanted) chosen.push(onOneLine(text.subarray(start, end)), Buffer.from('\n'));
        },
        () => undefined,
      );
      letters += chosen.length / 2;
      await file.appendFile(Buffer.concat(chosen));
    },
    async [Symbol.asyncDispose]() {
      await file.sync();
      await file.close();
    },
  };
}
