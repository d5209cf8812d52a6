import { type DiffEntry, diffEntries } from './diff-entries.js';
import type { DiffReport } from './diff-report.js';
import { diffVerdict } from './diff-verdict.js';
import { annotation, notice } from './github-command.js';
import { sourcePath } from './validate-uri.js';

/** Workflow commands that GitHub Actions shows as annotations, and the verdict. GitHub keeps ten a step: the gravest come first. */
export function renderDiffGithub(report: DiffReport): string {
  const { level, sentence } = diffVerdict(report);
  const severity = report.exitCode === 0 ? 'warning' : 'error';
  const entries = diffEntries(report).map((entry) => entryAnnotation(entry, severity));
  const verdict = level === 'passed' ? notice('respool diff', sentence) : annotation('error', 'respool diff', sentence);
  return `${[...entries, verdict].join('\n')}\n`;
}

function entryAnnotation({ source, line, rule, message }: DiffEntry, severity: 'warning' | 'error'): string {
  const place = { ...(source !== undefined && { file: sourcePath(source) }), ...(line !== undefined && { line }) };
  return annotation(severity, `respool: ${rule}`, message, place);
}
