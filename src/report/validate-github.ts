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
  const verdict = `::${level === 'passed' ? 'notice' : 'error'} title=respool validate::${data(sentence)}`;
  return `${[...validateEntries(report).map((entry) => annotation(entry, severity)), verdict].join('\n')}\n`;
}

function annotation({ source, line, rule, message }: ValidateEntry, severity: string): string {
  const properties = [
    ...(source === undefined ? [] : [`file=${property(sourcePath(source))}`]),
    ...(line === undefined ? [] : [`line=${line}`]),
    `title=${property(`respool: ${rule}`)}`,
  ];
  return `::${severity} ${properties.join(',')}::${data(message)}`;
}

/** As `escapeData` of https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** As `escapeProperty` of the same file. */
function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
