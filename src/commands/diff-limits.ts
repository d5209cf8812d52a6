import type { DiffOutcome } from '../diff/outcome.js';
import { counted } from '../report/text.js';
import type { Finding } from '../report/validate-report.js';
import type { DiffOptions } from './diff.js';
import type { NamedThreshold } from './values.js';

/** What the thresholds make of the differences. */
export interface DiffVerdict {
  /** Whether the differences alone make the exit code 1. */
  readonly fails: boolean;
  readonly findings: readonly Finding[];
}

/** Judges differences by `--max-diff`; without it each of them is one too many. An empty side is a finding. */
export function judge({ maxDiff }: Pick<DiffOptions, 'maxDiff'>, outcome: DiffOutcome): DiffVerdict {
  const total = outcome.missing + outcome.extra + outcome.changed;
  const hasOverall = maxDiff.some(({ name }) => name === undefined);
  const named = new Set(maxDiff.flatMap(({ name }) => (name === undefined ? [] : [name])));
  const unnamed = Object.entries(outcome.classes).reduce(
    (sum, [name, count]) => sum + (named.has(name) ? 0 : count),
    0,
  );
  return {
    fails: !hasOverall && unnamed > 0,
    findings: [...emptySides(outcome), ...maxDiff.flatMap((limit) => exceeded(limit, outcome, total))],
  };
}

/** Two empty sides agree on nothing: an empty gate is not a green gate. */
function emptySides({ left, right }: DiffOutcome): Finding[] {
  const empty = [...(left === 0 ? ['left'] : []), ...(right === 0 ? ['right'] : [])];
  return empty.map((side) => ({ code: 'empty_side', message: `the ${side} side holds no event`, name: side }));
}

function exceeded({ name, limit }: NamedThreshold, outcome: DiffOutcome, total: number): Finding[] {
  const classes: Readonly<Record<string, number>> = outcome.classes;
  const count = name === undefined ? total : (classes[name] ?? 0);
  const all = Math.max(outcome.left, outcome.right);
  const percent = all === 0 ? 0 : (100 * count) / all;
  const isOver = limit.kind === 'count' ? count > limit.count : percent > limit.percent;
  if (!isOver) return [];
  const allowed = limit.kind === 'count' ? String(limit.count) : `${limit.percent}%`;
  const what = counted(count, name === undefined ? 'difference' : `${name} event`);
  const message = `${what} (${percent.toPrecision(2)}%); --max-diff is ${allowed}`;
  return [{ code: 'too_many_differences', message, ...(name !== undefined && { name }) }];
}
