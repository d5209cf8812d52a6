import { readFileSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Undertaking } from './context.js';
import type { PlannedUnit } from './plan.js';

/** How fast a run goes: rows that have been settled or passed on, of how many. */
export interface Pace {
  readonly at: string;
  /** When the process began that works on the run. */
  readonly since: string;
  readonly passed: number;
  readonly total: number;
  /** Over the last ten seconds or so. */
  readonly eventsPerSecond: number;
  /** Of partitions that this process has brought to their end, all steps included; absent before the first. */
  readonly settledPerSecond?: number;
  /** Rows of partitions that are not at their end. */
  readonly left: number;
  readonly waiting?: string;
}

/** What is asked of a run, every second. */
interface Paced {
  readonly folder: string;
  readonly total: number;
  /** Rows that have passed since the process began. */
  readonly passed: () => number;
  /** Rows of partitions that are at their end. */
  readonly settled: () => number;
  readonly waiting: () => string | undefined;
}

/** The pace of work on some partitions. */
export function pacedBy(
  { folder, gate, states, waiting }: Pick<Undertaking, 'folder' | 'gate' | 'states'> & Partial<Pick<Paced, 'waiting'>>,
  unfilled: readonly PlannedUnit[],
  passed = () => gate.passed,
): Paced {
  const rowsOf = (partitions: readonly PlannedUnit[]) => partitions.reduce((sum, { rows }) => sum + rows, 0);
  return {
    folder,
    total: rowsOf(unfilled),
    passed,
    settled: () => rowsOf(unfilled.filter(({ index }) => AT_END.has(states.of(index).state))),
    waiting: waiting ?? (() => gate.reason),
  };
}

const AT_END: ReadonlySet<string> = new Set(['done', 'failed', 'undone']);

const FILE = 'pace.json';
const EVERY_MS = 1_000;
const WINDOW = 10;
/** A process that has not said anything for so long is not there any more. */
const STALE_MS = 10_000;

/** Writes down how fast a run goes, every second, until it is disposed: then nothing is said any more. */
export function keepPace(paced: Paced): Disposable {
  const startedMs = Date.now();
  const samples: { readonly atMs: number; readonly passed: number }[] = [];
  let isWriting = false;
  let isOver = false;
  const forget = () => rmSync(join(paced.folder, FILE), { force: true });
  const write = async () => {
    if (isWriting || isOver) return;
    isWriting = true;
    const now = { atMs: Date.now(), passed: paced.passed() };
    samples.push(now);
    if (samples.length > WINDOW) samples.shift();
    await save(paced.folder, paceOf(paced, { startedMs, first: samples[0] ?? now, now })).catch(() => undefined);
    isWriting = false;
    if (isOver) forget();
  };
  const timer = setInterval(() => void write(), EVERY_MS);
  timer.unref();
  void write();
  return {
    [Symbol.dispose]: () => {
      isOver = true;
      clearInterval(timer);
      forget();
    },
  };
}

interface Sample {
  readonly atMs: number;
  readonly passed: number;
}

function paceOf(
  { total, settled, waiting }: Paced,
  { startedMs, first, now }: { readonly startedMs: number; readonly first: Sample; readonly now: Sample },
): Pace {
  const settledRows = settled();
  const seconds = (now.atMs - startedMs) / 1_000;
  const because = waiting();
  return {
    at: new Date(now.atMs).toISOString(),
    since: new Date(startedMs).toISOString(),
    passed: Math.min(total, Math.round(now.passed)),
    total,
    eventsPerSecond: Math.round(((now.passed - first.passed) * 1_000) / Math.max(1, now.atMs - first.atMs)),
    ...(settledRows > 0 && seconds > 0 && { settledPerSecond: Math.round(settledRows / seconds) }),
    left: total - settledRows,
    ...(because !== undefined && { waiting: because }),
  };
}

/** Not durable: it is worth nothing after a crash. */
async function save(folder: string, pace: Pace): Promise<void> {
  const path = join(folder, FILE);
  await writeFile(`${path}.new`, `${JSON.stringify(pace)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** How fast the run goes now; undefined when no process works on it. */
export function readPace(folder: string, now: Date): Pace | undefined {
  try {
    const pace = JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Pace; // only this module writes it
    return now.getTime() - Date.parse(pace.at) < STALE_MS ? pace : undefined;
  } catch {
    return undefined;
  }
}
