import { renderJson } from './json.js';
import { validateEntries } from './validate-entries.js';
import type { ValidateReport } from './validate-report.js';
import { sourcePath } from './validate-uri.js';

const severities = { problem: 'major', finding: 'critical', failure: 'blocker' } as const;

/**
 * A Code Quality report. GitLab wants a path and a line for each entry: what is about no file is put at `.`, line 1.
 * @see https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
 */
export function renderValidateGitlab(report: ValidateReport): string {
  const issues = validateEntries(report).map(({ kind, rule, message, source, line = 1, fingerprint }) => ({
    description: message,
    check_name: rule,
    fingerprint,
    severity: severities[kind],
    location: { path: source === undefined ? '.' : sourcePath(source), lines: { begin: line } },
  }));
  return renderJson(issues);
}
