import type { DiffReport } from './diff-report.js';

/** A difference a line, then findings, then what could not be read; `kind` tells which. Empty when both sides are equal. */
export function renderDiffNdjson({ examples, findings, failures = [], sides }: DiffReport): string {
  const unreadable = [...(sides.left.unreadableExamples ?? []), ...(sides.right.unreadableExamples ?? [])];
  const lines = [
    ...examples,
    ...findings.map((finding) => ({ kind: 'finding', ...finding })),
    ...failures.map((failure) => ({ kind: 'failure', ...failure })),
    ...unreadable.map((record) => ({ kind: 'unreadable', ...record })),
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
