import { setImmediate as turn } from 'node:timers/promises';
import { createComparer } from './compare.js';
import { join } from './join.js';
import { createMatching, type MatchCounts } from './matching.js';
import type { Names } from './names.js';
import { type DiffExample, type DiffOutcome, Findings } from './outcome.js';
import { createRowHash } from './row-encoder.js';
import type { Rows } from './rows.js';
import type { DiffRules } from './rules.js';
import type { Side } from './side.js';
import { sourceChanged, sourcePart } from './text-store.js';

/** Two sides that have been read, and how they are held against each other. */
export interface DiffJob {
  readonly left: Side;
  readonly right: Side;
  readonly names: Names;
  readonly rules: DiffRules;
  /** The words with which both sides were hashed. */
  readonly seed: readonly number[];
  /** Places that hold an event's time, besides texts that look like one. */
  readonly timePlaces: readonly string[];
  /** Places at which events differ anyway. */
  readonly noise: readonly string[];
  /** Keys with an event younger than this are left out. */
  readonly settledBeforeUs: number;
  /** Examples of each class. */
  readonly mostExamples: number;
  readonly onFound: (found: DiffExample) => void;
  readonly signal: AbortSignal;
}

/**
 * Holds two sides against each other. Candidates are found by hashes; that two events differ is only said after they
 * have been compared by their values.
 * @throws CannotEvaluateError `side_changed` when a file is not what it was; the signal's reason when it aborts.
 */
export async function diff(job: DiffJob): Promise<DiffOutcome> {
  const { left, right, signal } = job;
  const findings = new Findings(job.mostExamples);
  const counts: MatchCounts = {
    equal: 0,
    tolerated: 0,
    duplicates: { left: 0, right: 0 },
    settling: { left: 0, right: 0 },
  };
  const target = createMatching({
    ...job,
    findings,
    counts,
    comparer: createComparer(job),
    read: createReader(job),
  });
  for (const _ of join(left.rows, right.rows, target)) {
    await turn();
    signal.throwIfAborted();
  }
  const { changed, missing, extra, classes, fields, hours, exampleList: examples } = findings;
  return {
    left: left.events + left.known,
    right: right.events + right.known,
    equal: counts.equal + left.known,
    changed,
    missing,
    extra,
    duplicates: counts.duplicates,
    settling: counts.settling,
    tolerated: counts.tolerated,
    classes,
    fields,
    names: findings.names,
    hours,
    examples,
  };
}

/** Reads texts again and holds them against the hash that was taken when they were first read. */
function createReader({ rules, seed, left }: DiffJob) {
  const hashes = {
    left: createRowHash({ rules, seed, key: { kind: 'content' }, side: 'left' }),
    right: createRowHash({ rules, seed, key: { kind: 'content' }, side: 'right' }),
  };
  const words = new Uint32Array(8);
  return (side: Side, rows: Rows, row: number): string => {
    const place = rows.place(row);
    const text = side.texts.read(place);
    const label = side.source.parts[sourcePart(place)]?.label ?? side.source.label;
    try {
      JSON.parse(text.toString('utf8'));
      hashes[side === left ? 'left' : 'right'](
        { text, start: 0, end: text.length, id: '', idStart: 0, idEnd: 0 },
        words,
        0,
      );
    } catch {
      throw sourceChanged(label);
    }
    const content = rows.content(row);
    if (content.some((word, at) => word !== words[4 + at])) throw sourceChanged(label);
    return text.toString('utf8');
  };
}
