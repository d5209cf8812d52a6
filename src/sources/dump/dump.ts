import { UsageError } from '../../errors.js';
import type { DoneStretch, Handful, Source } from '../source.js';
import type { StoredFile } from './byte-reader.js';
import type { DecodeOptions } from './decode.js';
import { locateFiles } from './locate.js';
import type { DumpOptions } from './options.js';
import { readPart } from './part.js';
import { sliceFiles } from './slices.js';
import { SmallParts } from './small-parts.js';

/**
 * Opens event dumps: files, globs, folders, `-` and `s3://`. Nothing is read before the first batch is asked for.
 * @throws UsageError when a word stands for nothing or an option cannot be meant.
 */
export async function openDump(inputs: readonly string[], options: DumpOptions): Promise<Source> {
  checkSingleCharacter('--delimiter', options.delimiter === '\\t' ? '\t' : options.delimiter);
  checkSingleCharacter('--quote', options.quote === '' ? undefined : options.quote);
  return openFiles(await locateFiles(inputs, options), inputs.join(' '), options);
}

/** Makes a source of files that have been located; nothing is read before the first batch is asked for. */
export function openFiles(files: readonly StoredFile[], label: string, options: DumpOptions): Source {
  const decodeOptions: DecodeOptions = { cellTypes: options.cellTypes ?? {} };
  const notes: string[] = [];
  return {
    label,
    parts: files,
    decoder: { module: new URL('./decode.js', import.meta.url).href, options: decodeOptions },
    notes,
    ...(files.every(isShareable) && { slices: (bytes, signal) => sliceFiles(files, { options, bytes, signal }) }),
    batches: (done, signal) => readAll({ files, options, done, signal, notes }),
    // A pipe gives what it has bit by bit, and nobody waits for a handful of it.
    ...(files.every(({ whole }) => whole !== undefined) && {
      handfuls: (signal) => readHandfuls({ files, options, done: [], signal, notes }),
    }),
    async [Symbol.asyncDispose]() {},
  };
}

interface Reading {
  readonly files: readonly StoredFile[];
  readonly options: DumpOptions;
  readonly done: readonly DoneStretch[];
  readonly signal: AbortSignal;
  readonly notes: string[];
}

async function* readAll(reading: Reading) {
  for await (const handful of readHandfuls(reading)) yield* handful;
}

async function* readHandfuls({ files, options, done, signal, notes }: Reading): AsyncGenerator<Handful> {
  const note = (sentence: string) => {
    if (!notes.includes(sentence)) notes.push(sentence);
  };
  const small = new SmallParts(files, { options, done, signal, note });
  for (let part = 0; part < files.length; ) {
    const { items, parts } = small.take(part);
    if (items.length > 0) yield items;
    part += parts;
    const file = files[part];
    if (parts > 0 || file === undefined) continue;
    const settled = done.filter((stretch) => stretch.part === part);
    for await (const item of readPart({ part, file, options, done: settled, signal, note })) yield [item];
    part++;
  }
}

function checkSingleCharacter(flag: string, value: string | undefined): void {
  if (value === undefined || /^[\t\x20-\x7e]$/u.test(value)) return;
  throw new UsageError(`${flag} ${JSON.stringify(value)}: it has to be one ASCII character`, {
    code: 'bad_delimiter',
    hint: `for tabs write ${flag} '\\t'`,
  });
}

/** Whether other processes can open a file too: what can be read only once cannot be shared. */
function isShareable({ path, url }: StoredFile): boolean {
  return path !== undefined || url !== undefined;
}
