import { counted, duration, shorten, thousands } from './text.js';
import { barChart } from './validate-bars.js';
import type { ValidateReport } from './validate-report.js';
import { markupText } from './validate-text.js';
import { validateVerdict } from './validate-verdict.js';

/** The most rows of one table, and bars of one chart. */
const mostRows = 200;
const mostBars = 15;

/** One page that needs no network and no script; its content policy forbids both. */
export function renderValidateHtml(report: ValidateReport): string {
  const { level, sentence } = validateVerdict(report);
  const facts = [
    `${thousands(report.valid)} valid`,
    counted(report.problemCount, 'problem'),
    duration(report.elapsedMs),
  ];
  const { failures = [], warnings = [], notes = [] } = report;
  return `${[
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>respool validate: ${markupText(sentence)}</title>`,
    `<style>${styles}</style>`,
    '</head>',
    '<body>',
    '<h1>respool validate</h1>',
    `<p class="verdict ${level}">${markupText(sentence)}</p>`,
    `<p>${markupText(facts.join(' · '))}</p>`,
    ...charts(report),
    ...table(
      'Could not be read',
      ['what', 'why', 'next'],
      failures.map((one) => [one.part, one.message, one.hint ?? '']),
    ),
    ...table('Findings', ['finding', 'code', 'where', 'example'], report.findings.map(findingCells)),
    ...table('Kinds of problems', ['problems', 'where', 'rule', 'why', 'first'], report.groups.map(groupCells)),
    ...table('Problems', ['where', 'event', 'pointer', 'rule', 'why', 'value'], report.problems.map(problemCells)),
    ...unlisted(report),
    ...table(
      'Warnings',
      [],
      warnings.map((text) => [text]),
    ),
    ...table(
      'Notes',
      [],
      notes.map((text) => [text]),
    ),
    '</body>',
    '</html>',
  ].join('\n')}\n`;
}

function charts({ groups, names }: ValidateReport): string[] {
  const byRule = new Map<string, number>();
  for (const { rule, count } of groups) byRule.set(rule, (byRule.get(rule) ?? 0) + count);
  const rules = [...byRule].map(([label, value]) => ({ label, value }));
  const invalid = names.map(({ name, invalid: value }) => ({ label: name, value }));
  return [
    ...titledChart('Problems by rule', rules),
    ...titledChart(
      'Invalid events by name',
      invalid.filter(({ value }) => value > 0),
    ),
  ];
}

function titledChart(title: string, bars: readonly { readonly label: string; readonly value: number }[]): string[] {
  if (bars.length === 0) return [];
  const shown = bars.toSorted((a, b) => b.value - a.value).slice(0, mostBars);
  const more = bars.length > shown.length ? [`<p>… and ${thousands(bars.length - shown.length)} more</p>`] : [];
  return [`<h2>${title}</h2>`, barChart(title, shown), ...more];
}

type Cells = readonly (string | number)[];

function findingCells({
  code,
  message,
  source,
  pointer,
  name,
  witness = '',
}: ValidateReport['findings'][number]): Cells {
  return [message, code, [name, pointer, source].filter((fact) => fact).join(' '), witness];
}

function groupCells({ count, pointer, rule, message, example }: ValidateReport['groups'][number]): Cells {
  return [count, pointer, rule, message, example];
}

function problemCells(problem: ValidateReport['problems'][number]): Cells {
  const { source, line, name, event, pointer, rule, message, value = '' } = problem;
  return [`${source}:${line}`, [name, event].filter((fact) => fact).join(' '), pointer, rule, message, value];
}

function unlisted({ problemCount, problems }: ValidateReport): string[] {
  const missing = problemCount - Math.min(problems.length, mostRows);
  return missing > 0 ? [`<p>${counted(missing, 'more problem')} not listed</p>`] : [];
}

function table(title: string, head: readonly string[], rows: readonly Cells[]): string[] {
  if (rows.length === 0) return [];
  const headRow = head.length === 0 ? [] : [`<tr>${head.map((text) => `<th scope="col">${text}</th>`).join('')}</tr>`];
  const body = rows.slice(0, mostRows).map((row) => `<tr>${row.map(cell).join('')}</tr>`);
  return [`<h2>${title}</h2>`, '<table>', ...headRow, ...body, '</table>'];
}

function cell(value: string | number): string {
  if (typeof value === 'number') return `<td class="count">${thousands(value)}</td>`;
  return `<td>${markupText(shorten(value, 2_000))}</td>`;
}

const styles = `
:root { color-scheme: light dark; --bar: #c2410c; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
.verdict { font-size: 1.2rem; font-weight: 600; padding: .5rem 1rem; border-left: .4rem solid; }
.passed { border-color: #15803d; } .failed { border-color: #b91c1c; } .incomplete { border-color: #b45309; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; overflow-wrap: anywhere; }
.count { text-align: right; white-space: nowrap; } svg { width: 100%; max-width: 46rem; height: auto; }
svg rect { fill: var(--bar); } svg text { fill: currentColor; font: 13px system-ui, sans-serif; }
`;
