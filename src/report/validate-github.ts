import { annotation, notice } from './github-command.js';
import { type ValidateEntry, validateEntries } from './validate-entries.js';
import type { ValidateReport } from './validate-report.js';
import { sourcePath } from './validate-uri.js';
import { validateVerdict } from './validate-verdict.js';

/**
 * Workflow commands that GitHub Actions shows as annotations, and the verdict as a notice. GitHub keeps ten errors a
 * step, so the gravest come first.
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function renderValidateGithub(report: ValidateReport): string {
  const { level, sentence } = validateVerdict(report);
  const severity = report.exitCode === 0 ? 'warning' : 'error';
  const title = 'respool validate';
  const verdict = level === 'passed' ? notice(title, sentence) : annotation('error', title, sentence);
  return `${[...validateEntries(report).map((entry) => entryAnnotation(entry, severity)), verdict].join('\n')}\n`;
}

function entryAnnotation({ source, line, rule, message }: ValidateEntry, severity: 'warning' | 'error'): string {
  const place = { ...(source !== undefined && { file: sourcePath(source) }), ...(line !== undefined && { line }) };
  return annotation(severity, `respool: ${rule}`, message, place);
}
