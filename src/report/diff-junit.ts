import { type DiffEntry, diffEntries } from './diff-entries.js';
import type { DiffReport } from './diff-report.js';
import { diffVerdict } from './diff-verdict.js';
import { counted } from './text.js';
import { markupText } from './validate-text.js';

/** JUnit's XML: a test case for each class of differences, which fails when the exit code says so, for findings and for failures. */
export function renderDiffJunit(report: DiffReport): string {
  const entries = diffEntries(report);
  const failures = entries.filter(({ kind }) => kind === 'failure');
  const cases = [
    ...Object.entries(report.classes).map(([name, count]) => classCase(name, count, { entries, report })),
    ...entries.filter(({ kind }) => kind === 'finding').map((entry) => oneCase(entry, 'failure')),
    ...failures.map((entry) => oneCase(entry, 'error')),
    ...(report.complete || failures.length > 0 ? [] : [incompleteCase(report)]),
  ];
  const errors = cases.filter((text) => text.includes('<error')).length;
  const failed = cases.filter((text) => text.includes('<failure')).length;
  const counts = `tests="${cases.length}" failures="${failed}" errors="${errors}" time="${(report.elapsedMs / 1000).toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="respool" ${counts}>`,
    `  <testsuite name="respool diff" ${counts}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

interface Context {
  readonly entries: readonly DiffEntry[];
  readonly report: DiffReport;
}

function classCase(name: string, count: number, { entries, report }: Context): string {
  const open = `    <testcase classname="respool.diff" name="no event is ${name}"`;
  if (count === 0) return `${open}/>`;
  const body = entries
    .filter(({ kind, rule }) => kind === 'difference' && rule === name)
    .map((entry) => markupText(placed(entry)))
    .join('\n');
  if (report.exitCode === 0) return `${open}>\n      <system-out>${body}</system-out>\n    </testcase>`;
  const message = markupText(counted(count, `${name} event`));
  return `${open}>\n      <failure type="${name}" message="${message}">${body}</failure>\n    </testcase>`;
}

function oneCase(entry: DiffEntry, element: 'failure' | 'error'): string {
  const title = entry.source === undefined ? entry.rule : `${entry.rule} ${entry.source}`;
  const open = `    <testcase classname="respool.diff" name="${markupText(title)}">`;
  const inner = `<${element} type="${entry.rule}" message="${markupText(entry.message)}">${markupText(placed(entry))}</${element}>`;
  return `${open}\n      ${inner}\n    </testcase>`;
}

function incompleteCase(report: DiffReport): string {
  return oneCase({ kind: 'failure', rule: 'incomplete', message: diffVerdict(report).sentence }, 'error');
}

function placed({ source, line, message }: DiffEntry): string {
  if (source === undefined) return message;
  return `${source}${line === undefined ? '' : `:${line}`}: ${message}`;
}
