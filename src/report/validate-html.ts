import { drawCharts } from './charts.js';
import { counted, duration, shorten, thousands } from './text.js';
import { validateCharts } from './validate-charts.js';
import type { ValidateReport } from './validate-report.js';
import { markupText } from './validate-text.js';
import { validateVerdict } from './validate-verdict.js';

/** The most rows of one table. */
const mostRows = 200;
/** Cells of so many characters stay on one line. */
const SHORT = 32;

/** One page that needs no network and no script; its content policy forbids both. */
export async function renderValidateHtml(report: ValidateReport): Promise<string> {
  const { level, sentence } = validateVerdict(report);
  const facts = [
    `${thousands(report.valid)} valid`,
    counted(report.problemCount, 'problem'),
    duration(report.elapsedMs),
  ];
  const charts = await drawnCharts(report);
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
    ...charts,
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

async function drawnCharts(report: ValidateReport): Promise<string[]> {
  const charts = validateCharts(report);
  const drawn = await drawCharts(charts);
  return charts.map(({ title }, at) => `<section class="chart"><h2>${title}</h2>\n${drawn[at]}</section>`);
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
  const text = markupText(shorten(value, 2_000));
  return value.length <= SHORT ? `<td class="short">${text}</td>` : `<td>${text}</td>`;
}

const styles = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
.verdict { font-size: 1.2rem; font-weight: 600; padding: .5rem 1rem; border-left: .4rem solid; }
.passed { border-color: #15803d; } .failed { border-color: #b91c1c; } .incomplete { border-color: #b45309; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; overflow-wrap: anywhere; }
.count { text-align: right; } .count, .short, th { white-space: nowrap; }
.chart svg { width: 100%; max-width: 54rem; height: auto; }
`;
