import { type FileHandle, open } from 'node:fs/promises';
import { CannotEvaluateError, UsageError } from '../errors.js';
import { onOneLine } from '../flow/repair-trail.js';
import { withLetterLines } from '../sources/letter-batch.js';
import { loadDecoder } from '../sources/load-decoder.js';
import type { RawBatch, Source } from '../sources/source.js';

/** Writes the letters of some signatures to a file, each whole and on a line of its own: it is itself a dump. */
export interface LetterExport extends AsyncDisposable {
  /** Letters written so far. */
  readonly letters: number;
  take(batch: RawBatch, lines: ReadonlyMap<number, readonly string[]>): Promise<void>;
}

/** Opens the export; the file must not exist. @throws UsageError `export_exists`, CannotEvaluateError `export_unwritable`. */
export async function openExport(path: string, source: Source, signatures: readonly string[]): Promise<LetterExport> {
  const decoder = await loadDecoder(source.decoder);
  const wanted = new Set(signatures);
  let file: FileHandle | undefined;
  let letters = 0;
  try {
    file = await open(path, 'wx', 0o600);
  } catch (error) {
    throw exportError(error, path);
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

function exportError(error: unknown, path: string): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EEXIST') {
    return new UsageError(`${path} is there already, and no export is written over it`, {
      code: 'export_exists',
      hint: 'name another file with --export',
      cause: error,
    });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new CannotEvaluateError(`the letters cannot be written to ${path}: ${reason}`, {
    code: 'export_unwritable',
    hint: 'name a file in a folder that is there and may be written to; nothing was acknowledged',
    cause: error,
  });
}
