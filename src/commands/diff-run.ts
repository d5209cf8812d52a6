import { join } from 'node:path';
import { diff } from '../diff/diff.js';
import { type Collector, createCollector, writeCollected } from '../diff/emit.js';
import type { Narrowed } from '../diff/narrow.js';
import type { DiffOutcome, FieldCount } from '../diff/outcome.js';
import type { Side } from '../diff/side.js';
import { newRunId } from '../flow/state/run-record.js';
import { DIFF_FORMATS, diffRenderers } from '../report/diff-renderers.js';
import type { DiffReport } from '../report/diff-report.js';
import { parseOutputs, printOutputs } from '../report/output.js';
import type { Progress } from '../report/progress.js';
import type { Invocation } from './command.js';
import type { DiffOptions } from './diff.js';
import { readAgainstTable } from './diff-against-table.js';
import { narrow, withKnown } from './diff-narrow.js';
import { type OpenDiff, openDiff } from './diff-open.js';
import { reportOf } from './diff-report.js';
import { type DiffReading, newReading, readOneSide } from './diff-sides.js';
import type { DiffEmit } from './diff-values.js';
import { withProgress } from './with-progress.js';

type Call = Invocation<DiffOptions>;

/** So few rows are read sooner than threads are started. */
const FEW_KEYS = 20_000;

/**
 * Carries out `respool diff` and resolves to its exit code.
 * @throws RespoolError with what the user does next.
 */
export async function runDiff(call: Call): Promise<number> {
  const { options, io } = call;
  const outputs = parseOutputs(options.output, DIFF_FORMATS);
  const report = await withProgress(
    call,
    (progress) => compareAndReport(call, progress),
    'Stopped: nothing is changed.',
  );
  await printOutputs({ value: report, outputs, renderers: diffRenderers }, io);
  return report.exitCode;
}

async function compareAndReport(call: Call, progress: Progress): Promise<DiffReport> {
  const run = newRunId(new Date());
  const compareOnce = (writes: readonly DiffEmit[]) => compare(call, { run, progress, writes });
  if (call.options.heal === undefined) return compareOnce(call.options.emit);
  const { healWith } = await import('./diff-heal.js');
  return healWith(call, { run, progress, compareOnce });
}

interface Once {
  readonly run: string;
  readonly progress: Progress;
  /** Which events are written to which files. */
  readonly writes: readonly DiffEmit[];
}

async function compare(call: Call, { run, progress, writes }: Once): Promise<DiffReport> {
  const startedMs = performance.now();
  await using open = await openDiff(call);
  for (const warning of open.identity.warnings) progress.note(`warning: ${warning}`);
  for (const note of open.identity.notes) progress.detail(note);
  const folder = join(call.options.stateDir, 'diff');
  const reading = newReading({ call, open, folder, progress, startedMs });
  await using _pools = reading.pools;
  const { left: leftRows, right: rightRows, noise, narrowed } = await readSides(reading);
  using _left = leftRows;
  using _right = rightRows;
  const { left, right } = withKnown(narrowed, leftRows, rightRows);
  const collected = writes.map(({ kind, path }) => ({ path, collector: createCollector(kind) }));
  const collectors = collected.map(({ collector }) => collector);
  const compared = await compareSides(reading, { left, right, noise: noise ?? [], collectors });
  const outcome = narrowed === undefined ? compared : { ...compared, duplicates: narrowed.duplicates };
  for (const { path, collector } of collected) {
    writeCollected(path, collector, collector.kind === 'extra' ? right : left);
  }
  const emitted = collected.map(({ path, collector: { kind, count: events } }) => ({ kind, path, events }));
  return reportOf(call, { run, open, left, right, outcome, noise, startedMs, emitted });
}

interface ReadSides {
  readonly left: Side;
  readonly right: Side;
  readonly noise?: readonly FieldCount[] | undefined;
  readonly narrowed?: Narrowed | undefined;
}

/** Reads of both sides what checksums have not told to be equal. */
async function readSides(reading: DiffReading): Promise<ReadSides> {
  const against = await readAgainstTable(reading);
  if (against !== undefined) return against;
  const narrowed = await narrow(reading);
  const isSmall = narrowed !== undefined && narrowed.keys < FEW_KEYS;
  const left = await readOneSide(reading, narrowed?.left ?? reading.open.left, 'left', { isSmall });
  try {
    const noise = await learnNoise(reading, left);
    const right = await readOneSide(reading, narrowed?.right ?? reading.open.right, 'right', { isSmall });
    return { left, right, noise, narrowed };
  } catch (error) {
    left[Symbol.dispose]();
    throw error;
  }
}

/** At which places two runs of the old pipeline differ. */
async function learnNoise(reading: DiffReading, left: Side): Promise<readonly FieldCount[] | undefined> {
  const { noise } = reading.open;
  if (noise === undefined) return undefined;
  using second = await readOneSide(reading, noise, 'left');
  return (await compareSides(reading, { left, right: second, noise: [], collectors: [] })).fields;
}

interface Sides {
  readonly left: Side;
  readonly right: Side;
  readonly noise: readonly FieldCount[];
  readonly collectors: readonly Collector[];
}

function compareSides({ call, open, names, seed }: DiffReading, sides: Sides): Promise<DiffOutcome> {
  const { left, right, noise, collectors } = sides;
  const { settle, examples } = call.options;
  return diff({
    left,
    right,
    names,
    seed,
    rules: open.rules,
    timePlaces: timePlaces(open),
    noise: noise.map(({ pointer }) => pointer),
    settledBeforeUs: settle === undefined ? Number.POSITIVE_INFINITY : Date.now() * 1_000 - settle,
    mostExamples: examples,
    onFound: (found) => {
      for (const collector of collectors) collector.take(found);
    },
    signal: call.stop.finish,
  });
}

function timePlaces({ identity }: OpenDiff): string[] {
  const { time } = identity.left;
  return time === undefined ? [] : [time.text];
}
