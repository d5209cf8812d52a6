import type { Ora } from 'ora';
import { renderProgress } from './progress-line.js';
import { createRateMeter } from './rate.js';

/** How far a run has come. Counters only grow. */
export interface Snapshot {
  readonly read: number;
  readonly bytesRead: number;
  /** Absent when the size of the source is not known. */
  readonly bytesTotal?: number;
  /** That the two above count events, not bytes: what has been read before is being carried out. */
  readonly isSizedByEvents?: true;
  readonly sinks: readonly SinkProgress[];
  readonly elapsedMs: number;
}

/** How far one sink has come. */
export interface SinkProgress {
  readonly name: string;
  /** Events with a verdict. */
  readonly settled: number;
  readonly inFlight: number;
  /** Why the sink waits: `rate limit`, `connection refused, next try in 8 s`. */
  readonly waiting?: string;
}

/** Where progress is shown, and how much of it. */
export interface ProgressOptions {
  readonly stream: NodeJS.WritableStream;
  readonly isTTY: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly columns?: number;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
}

/** What a person sees while a run goes on. */
export interface Progress {
  update(snapshot: Snapshot): void;
  /** Prints a line that stays, above the moving one; nothing when quiet. */
  note(line: string): void;
  /** Like `note`, only when verbose. */
  detail(line: string): void;
  /** Takes the moving line away. */
  stop(): void;
}

/** Shows progress: a moving line on a terminal, a plain line every few seconds elsewhere, nothing when quiet. */
export function createProgress(options: ProgressOptions): Progress {
  const { stream, quiet, verbose } = options;
  const note = (line: string): void => {
    if (!quiet) stream.write(`${line}\n`);
  };
  const show = quiet ? silence : options.isTTY && hasWidth(stream) ? movingLine(options) : plainLines(options, note);
  return {
    update: show.update,
    note,
    detail: (line) => {
      if (verbose) note(line);
    },
    stop: show.stop,
  };
}

type Show = Pick<Progress, 'update' | 'stop'>;

const silence: Show = { update: () => {}, stop: () => {} };

/** So long a run that has nothing to tell says nothing. */
const SILENT_MS = 10_000;
/** So often a line that has not changed is said again: whoever waits sees that somebody is there. */
const AGAIN_MS = 60_000;

/** Off a terminal the first line comes after two seconds, so that short runs stay silent. */
function plainLines({ now }: ProgressOptions, note: (line: string) => void): Show {
  const meter = createRateMeter();
  const startedMs = now();
  let nextAtMs = startedMs + 2_000;
  let last = { line: '', atMs: startedMs };
  return {
    update: (snapshot) => {
      const rate = meter.add(snapshot, now());
      if (now() < nextAtMs || (now() < startedMs + SILENT_MS && saysNothing(snapshot))) return;
      nextAtMs = now() + 5_000;
      const line = renderProgress(snapshot, rate);
      if (line === last.line && now() < last.atMs + AGAIN_MS) return;
      last = { line, atMs: now() };
      note(line);
    },
    stop: () => {},
  };
}

function saysNothing({ read, sinks }: Snapshot): boolean {
  return read === 0 && sinks.every(({ waiting }) => waiting === undefined);
}

/** A terminal that nobody gave a size, as under `script` or `docker exec`, says 0; the spinner would clear lines without end. */
function hasWidth(stream: NodeJS.WritableStream & { readonly columns?: number }): boolean {
  return stream.columns !== 0;
}

/** The spinner keeps turning and redraws itself below whatever else is written to the terminal. */
function movingLine({ stream, columns = 80, now }: ProgressOptions): Show {
  const meter = createRateMeter();
  let text = 'opening';
  let isStopped = false;
  let spinner: Ora | undefined;
  void import('ora').then(({ default: ora }) => {
    if (!isStopped) spinner = ora({ stream, text, discardStdin: false, isEnabled: true }).start();
  });
  return {
    update: (snapshot) => {
      text = renderProgress(snapshot, meter.add(snapshot, now()), columns - 3);
      if (spinner !== undefined) spinner.text = text;
    },
    stop: () => {
      isStopped = true;
      spinner?.stop();
    },
  };
}
