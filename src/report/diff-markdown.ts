import { describeExample } from './diff-entries.js';
import type { DiffCount, DiffReport } from './diff-report.js';
import { diffVerdict } from './diff-verdict.js';
import { markdownCode, markdownSection, markdownTable } from './markdown.js';
import { duration, shorten, thousands } from './text.js';
import { visible } from './validate-text.js';

/** The most rows of one table: a job summary holds 1 MiB. */
const mostRows = 50;
const mostText = 600;

/** A report for a job summary or a pull request. All text of events stands in code, where nothing is a link or a mention. */
export function renderDiffMarkdown(report: DiffReport): string {
  const { failures = [], findings, fields, names, days, examples, sides, warnings = [], healed } = report;
  const classes = Object.entries(report.classes).filter(([, count]) => count > 0);
  const parts = [
    `## respool diff: ${diffVerdict(report).sentence}`,
    `${thousands(report.equal)} equal, key ${code(report.key)}, in ${duration(report.elapsedMs)}`,
    ...table(
      'Sides',
      ['side', 'what', 'events:', 'could not be read:'],
      (['left', 'right'] as const).map((side) => [side, sides[side].label, sides[side].events, sides[side].unreadable]),
    ),
    ...(healed === undefined
      ? []
      : table(
          'Healed',
          ['sink', 'sent:', 'accepted:', 'receipt'],
          [[healed.sink, healed.sent, healed.accepted, healed.receipt]],
        )),
    ...table(
      'Could not be read',
      ['what', 'why', 'code'],
      failures.map((one) => [one.part, one.message, one.code]),
    ),
    ...table(
      'Findings',
      ['finding', 'code'],
      findings.map((one) => [one.message, one.code]),
    ),
    ...table(
      'Classes',
      ['events:', 'class'],
      classes.map(([name, count]) => [count, name]),
    ),
    ...table(
      'Fields that differ',
      ['events:', 'place', 'added:', 'removed:', 'reformatted:'],
      fields.map((one) => [one.changed, one.pointer, one.added, one.removed, one.reformatted]),
    ),
    ...table('By name', countHead('name'), names.map(countCells)),
    ...table('By day', countHead('day'), days.map(countCells)),
    ...table(
      'Examples',
      ['class', 'where', 'what'],
      examples.map((one) => [one.class, placeOf(one), describeExample(one)]),
    ),
    ...markdownSection(
      'Warnings',
      warnings.map((text) => `- ${code(text)}`),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

type Cell = string | number;

const countHead = (what: string) => [what, 'missing:', 'extra:', 'changed:'];

function countCells({ label, missing, extra, changed }: DiffCount): Cell[] {
  return [label, missing, extra, changed];
}

function placeOf({ left, right }: DiffReport['examples'][number]): string {
  const place = left ?? right;
  return place === undefined ? '' : `${place.source}:${place.line}`;
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
  return text === '' ? '' : markdownCode(shorten(visible(text), mostText));
}
