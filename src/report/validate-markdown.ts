import { markdownCode, markdownSection, markdownTable } from './markdown.js';
import { counted, duration, thousands } from './text.js';
import type { ValidateReport } from './validate-report.js';
import { visible } from './validate-text.js';
import { validateVerdict } from './validate-verdict.js';

/** The most rows of one table: a job summary holds 1 MiB. */
const mostRows = 50;

/** A report for a job summary or a pull request. All text of events stands in code, where nothing is a link or a mention. */
export function renderValidateMarkdown(report: ValidateReport): string {
  const { failures = [], findings, groups, warnings = [], notes = [] } = report;
  const names = report.names.filter(({ invalid }) => invalid > 0);
  const facts = [`${thousands(report.valid)} valid`, counted(report.problemCount, 'problem')];
  const parts = [
    `## respool validate: ${validateVerdict(report).sentence}`,
    `${facts.join(', ')}, in ${duration(report.elapsedMs)}`,
    ...table(
      'Could not be read',
      ['what', 'why', 'code'],
      failures.map((one) => [one.part, one.message, one.code]),
    ),
    ...table('Findings', ['finding', 'code', 'where', 'example'], findings.map(findingCells)),
    ...table('Problems', ['problems:', 'where', 'rule', 'why', 'first'], groups.map(groupCells)),
    ...table('Names with invalid events', ['invalid:', 'events:', 'name'], names.map(nameCells)),
    ...markdownSection(
      'Warnings',
      warnings.map((text) => `- ${code(text)}`),
    ),
    ...markdownSection(
      'Notes',
      notes.map((text) => `- ${code(text)}`),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

type Cell = string | number;

function findingCells({
  code: rule,
  message,
  source,
  pointer,
  name,
  witness,
}: ValidateReport['findings'][number]): Cell[] {
  return [message, rule, [name, pointer, source].filter((fact) => fact).join(' '), witness ?? ''];
}

function groupCells({ count, pointer, rule, message, example }: ValidateReport['groups'][number]): Cell[] {
  return [count, pointer, rule, message, example];
}

function nameCells({ name, events, invalid }: ValidateReport['names'][number]): Cell[] {
  return [invalid, events, name];
}

function table(title: string, head: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  if (rows.length === 0) return [];
  const cells = rows
    .slice(0, mostRows)
    .map((row) => row.map((cell) => (typeof cell === 'number' ? thousands(cell) : code(cell))));
  const more = rows.length > mostRows ? ['', `… and ${thousands(rows.length - mostRows)} more`] : [];
  return markdownSection(title, [markdownTable(head, cells), ...more]);
}

function code(text: string): string {
  return text === '' ? '' : markdownCode(visible(text));
}
