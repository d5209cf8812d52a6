import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { CannotEvaluateError } from '../../errors.js';
import { withTold } from '../letter.js';
import { LETTER_MARK } from '../marks.js';
import { createDigestSet, type DigestSet } from './digest-set.js';
import type { Message } from './driver.js';

/** A file of letters: every message as it was received, on disk before anything else happens to it. */
export interface Snapshot extends AsyncDisposable {
  /** Resolves once the messages are on disk. A message that is in the file already is not written again. */
  write(messages: readonly Message[], lines: readonly string[]): Promise<void>;
}

/**
 * Opens the snapshot at `path`, with what an earlier invocation has written; a line that was cut off is taken away.
 * @throws CannotEvaluateError `snapshot_unwritable`, here and from `write`: nothing has been acknowledged then.
 */
export async function openSnapshot(path: string): Promise<Snapshot> {
  const trying = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CannotEvaluateError(`the snapshot ${path} cannot be written: ${reason}`, {
        code: 'snapshot_unwritable',
        hint: 'name another file with --snapshot; nothing was acknowledged',
        cause,
      });
    }
  };
  const known = createDigestSet();
  const file = await trying(() => openAtEnd(path, known));
  return {
    write: (messages, lines) =>
      trying(async () => {
        const fresh = lines.filter((_, index) => {
          const message = messages[index];
          return message === undefined || known.add(keyOf(message));
        });
        if (fresh.length === 0) return;
        await file.appendFile(fresh.join(''));
        await file.datasync();
      }),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** What tells one message from another: an id alone may have been chosen twice by a producer. */
function keyOf({ key, letter }: Message): string {
  const { queue, id, body } = withTold(letter);
  const text = typeof body === 'string' ? body : Buffer.from(body).toString(isUtf8(body) ? 'utf8' : 'base64');
  return id === undefined ? `\n${queue}\n${key}` : contentKey(queue, id, text);
}

function contentKey(queue: string, id: string, body: string): string {
  return `${queue}\n${id}\n${body}`;
}

async function openAtEnd(path: string, known: DigestSet): Promise<FileHandle> {
  const file = await open(path, 'a+', 0o600);
  const { size } = await file.stat();
  if (size > 0) await truncate(path, await readKnown(path, size, known));
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
  return file;
}

/**
 * Remembers the letters in the file and resolves to the bytes up to the end of the last whole line.
 * @throws Error when the file is no snapshot: it is somebody else's, and is not touched.
 */
async function readKnown(path: string, size: number, known: DigestSet): Promise<number> {
  let bytes = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: 0 })) {
    const end = bytes + Buffer.byteLength(line) + 1;
    const letter = parseLetter(line);
    if (letter === undefined && (end <= size || bytes === 0)) throw new Error('it is there already and is no snapshot');
    if (letter === undefined || end > size) return bytes;
    bytes = end;
    const { queue, id, body, bodyBase64 } = letter;
    if (id !== undefined) known.add(contentKey(queue, id, body ?? bodyBase64 ?? ''));
  }
  return bytes;
}

interface LetterLine {
  readonly queue: string;
  readonly id?: string;
  readonly body?: string;
  readonly bodyBase64?: string;
}

function parseLetter(line: string): LetterLine | undefined {
  try {
    const value = JSON.parse(line);
    return value?.respool === LETTER_MARK && typeof value.queue === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
