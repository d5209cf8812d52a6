import type { DiffExampleShown, DiffReport } from './diff-report.js';
import { counted, shorten } from './text.js';
import { visible } from './validate-text.js';

/** One thing to show to a machine that lists things: a difference, a finding, or why not everything was compared. */
export interface DiffEntry {
  readonly kind: 'difference' | 'finding' | 'failure';
  /** The class of a difference, or the code of what is wrong. */
  readonly rule: string;
  /** One line, safe to print. */
  readonly message: string;
  /** File as the user would type it. */
  readonly source?: string;
  /** From 1. */
  readonly line?: number;
}

const mostDifferences = 5;
const mostValue = 200;

/** What could not be read first, then findings, then the differences that are examples. */
export function diffEntries(report: DiffReport): readonly DiffEntry[] {
  const { sides, failures = [], findings, examples } = report;
  const unreadable = [...(sides.left.unreadableExamples ?? []), ...(sides.right.unreadableExamples ?? [])];
  return [
    ...failures.map(
      ({ part, code, message }): DiffEntry => ({
        kind: 'failure',
        rule: code,
        message: visible(message),
        source: part,
      }),
    ),
    ...unreadable.map(
      ({ part, line, code, message }): DiffEntry => ({
        kind: 'failure',
        rule: code,
        message: visible(message),
        source: part,
        line,
      }),
    ),
    ...findings.map(({ code, message }): DiffEntry => ({ kind: 'finding', rule: code, message: visible(message) })),
    ...examples.map(differenceEntry),
  ];
}

function differenceEntry(example: DiffExampleShown): DiffEntry {
  const place = example.left ?? example.right;
  return {
    kind: 'difference',
    rule: example.class,
    message: visible(describeExample(example)),
    ...(place !== undefined && { source: place.source, line: place.line }),
  };
}

/** One difference in a sentence. */
export function describeExample({ kind, key, name, right, differences }: DiffExampleShown): string {
  const whose = [...(name === undefined ? [] : [name]), ...(key === '' ? [] : [key])].join(' ');
  if (kind === 'missing') return `${whose} is missing on the right`;
  if (kind === 'extra') return `${whose} is on the right only`;
  const places = differences
    .slice(0, mostDifferences)
    .map(({ pointer, left: before = '(absent)', right: after = '(absent)' }) => {
      const place = pointer === '' ? 'the whole event' : pointer;
      return `${place} was ${shorten(before, mostValue)} and is ${shorten(after, mostValue)}`;
    });
  const rest = differences.length - places.length;
  const more = rest > 0 ? `, and ${counted(rest, 'more place')}` : '';
  const where = right === undefined ? '' : ` (${right.source}:${right.line})`;
  return `${whose}: ${places.join('; ')}${more}${where}`;
}
