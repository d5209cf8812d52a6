import type { ValidateReport } from './validate-report.js';

/** A problem a line, then the findings, then what could not be read; `kind` tells which. Empty when nothing is wrong. */
export function renderValidateNdjson({ problems, findings, failures = [] }: ValidateReport): string {
  const lines = [
    ...problems.map((problem) => ({ kind: 'problem', ...problem })),
    ...findings.map((finding) => ({ kind: 'finding', ...finding })),
    ...failures.map((failure) => ({ kind: 'failure', ...failure })),
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
