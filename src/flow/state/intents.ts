import { appendFileSync, closeSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { EventBatch } from '../../event/batch.js';
import type { Verdict } from '../../sinks/sink.js';
import { eachRun } from '../../sinks/verdict-runs.js';
import { stateError } from './durable.js';

/** A delivery that was about to be committed: enough to tell, after a crash, what it had accepted. */
export interface Intent {
  readonly sink: string;
  readonly token: string;
  readonly part: number;
  readonly from: number;
  readonly to: number;
  /** Hashes of the ids that were duplicates, 16 hex digits each, as often as they were. */
  readonly duplicates: readonly string[];
}

/**
 * The log of intents. It is written before each commit, without waiting for the disk: it survives the death of the
 * process. After a power cut it may be short, and then events that had been accepted count as duplicates.
 */
export interface IntentLog extends Disposable {
  /** Intents that an earlier invocation left. */
  readonly left: readonly Intent[];
  /** The commit is not sent before this has returned, or resolved. */
  note(intent: Intent): void | Promise<void>;
  /** Forgets the intents of stretches that are settled. */
  compact(isSettled: (intent: Intent) => boolean): void;
}

/**
 * Opens the log at `path`, with what is in it.
 * @throws RespoolError, here and from each method, when the file cannot be read or written.
 */
export function openIntentLog(path: string): IntentLog {
  const trying = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw stateError(error, path);
    }
  };
  const left = trying(() => readIntents(path));
  let live = [...left];
  let file = trying(() => openSync(path, 'a', 0o600));
  return {
    left,
    note(intent) {
      live.push(intent);
      // In front of each line stands a line end too: what a full disk cut off never swallows the next intent.
      trying(() => appendFileSync(file, `\n${JSON.stringify(intent)}\n`));
    },
    compact(isSettled) {
      live = live.filter((intent) => !isSettled(intent));
      const draft = `${path}.tmp`;
      trying(() => {
        writeFileSync(draft, live.map((intent) => `${JSON.stringify(intent)}\n`).join(''), { mode: 0o600 });
        renameSync(draft, path);
        closeSync(file);
        file = openSync(path, 'a', 0o600);
      });
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}

function readIntents(path: string): Intent[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => (line === '' ? [] : parseIntent(line)));
}

/** A line that is not whole was being written as the process died or the disk was full: its commit was not sent. */
function parseIntent(line: string): Intent[] {
  try {
    return [JSON.parse(line) as Intent]; // only this module writes the log
  } catch {
    return [];
  }
}

/** The intent of a delivery of `events`, which fill the stretch `[from, to)` of a part. */
export function intentOf(where: Omit<Intent, 'duplicates'>, events: EventBatch, verdicts: readonly Verdict[]): Intent {
  const duplicates: string[] = [];
  eachRun(verdicts, ({ kind }, from, to) => {
    if (kind === 'duplicate') for (let i = from; i < to; i++) duplicates.push(hashText(events, i));
  });
  return { ...where, duplicates };
}

/** The hash of an event's id as 16 hex digits. */
export function hashText({ idHashes }: EventBatch, index: number): string {
  const hex = (word: number | undefined) => (word ?? 0).toString(16).padStart(8, '0');
  return hex(idHashes[2 * index + 1]) + hex(idHashes[2 * index]);
}
