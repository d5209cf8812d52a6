import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { SinkUnavailableError, UsageError } from '../../errors.js';
import type { Delivery, KnownMark, Sink, Verdict } from '../sink.js';
import { linesOf } from './lines.js';
import type { FileOptions } from './options.js';
import { openTail, type Tail } from './tail.js';

const PIECE_BYTES = 1024 * 1024;
const MOST_EVENTS = 10_000;
const ACCEPTED: Verdict = { kind: 'accepted' };
const compress = promisify(gzip);

/** Appends events to a file, a line each. A delivery is on disk, whole, before it is answered. */
export function createFileSink(options: FileOptions): Sink {
  const { path, isGzipped, rotateBytes } = options;
  const notes = [
    `NDJSON is appended to ${path}${isGzipped ? ', gzipped' : ''}`,
    ...(rotateBytes === undefined ? [] : [`a new file is begun every ${rotateBytes} bytes: …-000001, …-000002`]),
  ];
  const warnings: string[] = [];
  const tail = openTail(options);
  let last: Promise<unknown> = Promise.resolve();
  return {
    label: `file:${path}`,
    name: 'file',
    alone: 'it is a file that one process appends to',
    onRepeat: 'duplicated',
    limits: { maxEvents: MOST_EVENTS, maxBytes: Number.MAX_SAFE_INTEGER, concurrency: 1 },
    describe: () => ({ notes, warnings }),
    async deliver(delivery, signal) {
      const turn = last.then(() => {
        signal.throwIfAborted();
        return append(tail, delivery, { isGzipped, path });
      });
      last = turn.catch(() => undefined);
      await turn;
      return new Array<Verdict>(delivery.events.count).fill(ACCEPTED);
    },
    mark: {
      now: () => JSON.stringify(tail.end),
      restore: (known) => restore(tail, known, { path, warnings }),
    },
    [Symbol.asyncDispose]: () => tail[Symbol.asyncDispose](),
  };
}

/** Writes a delivery, or nothing of it. */
async function append(
  tail: Tail,
  delivery: Delivery,
  { isGzipped, path }: { readonly isGzipped: boolean; readonly path: string },
): Promise<void> {
  const before = tail.end;
  try {
    for (const piece of linesOf(delivery, PIECE_BYTES)) {
      await tail.append(isGzipped ? await compress(piece) : piece);
    }
    await tail.sync();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const failure = new SinkUnavailableError(`file:${path}: ${reason}`, { cure: cureOf(error), cause: error });
    // What cannot be taken back now is taken back when the file is opened the next time.
    await tail.cutTo(before).catch((cause: unknown) => Promise.reject(new Error(failure.message, { cause })));
    throw failure;
  }
}

function cureOf(error: unknown): 'wait' | 'mend' {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return ['EACCES', 'EPERM', 'EROFS', 'EISDIR', 'ENOTDIR', 'ENOENT'].includes(code) ? 'mend' : 'wait';
}

async function restore(
  tail: Tail,
  known: KnownMark | undefined,
  { path, warnings }: { readonly path: string; readonly warnings: string[] },
): Promise<boolean> {
  if (known === undefined) {
    if ((await tail.measure()) === 'empty') return true;
    throw new UsageError(`${path} is there already, and it was not written with this state folder`, {
      code: 'file_exists',
      hint: 'move it away or name another file: behind what is in it, events could stand twice',
    });
  }
  const end: Tail['end'] = JSON.parse(known.text); // only `now` makes marks
  if (known.wasInterrupted) await tail.cutTo(end);
  const found = await tail.measure(end);
  if (found === 'as-left') return true;
  if (found === 'empty') {
    warnings.push(`what was written to ${path} is gone: everything is written again`);
    await tail.cutTo({ file: tail.first, bytes: 0 });
    return false;
  }
  if (found === 'longer') {
    warnings.push(`something else has written to ${path} since: this run goes on behind it`);
    return true;
  }
  throw new UsageError(`${path} is shorter than what was written to it: something has cut it`, {
    code: 'file_changed',
    hint: 'put it back, or remove it: then everything is written again',
  });
}
