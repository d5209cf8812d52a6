import { diffCharts } from './diff-charts.js';
import type { DiffCount, DiffExampleShown, DiffReport, DiffSideShown } from './diff-report.js';
import { diffVerdict } from './diff-verdict.js';
import { duration, shorten, thousands } from './text.js';
import { markupText } from './validate-text.js';

/** The most rows of one table, and examples. */
const mostRows = 200;
const mostText = 2_000;

/** One page that needs no network and no script; its content policy forbids both. */
export async function renderDiffHtml(report: DiffReport): Promise<string> {
  const { level, sentence } = diffVerdict(report);
  const charts = await diffCharts(report);
  return `${[
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>respool diff: ${markupText(sentence)}</title>`,
    `<style>${styles}</style>`,
    '</head>',
    '<body>',
    '<h1>respool diff</h1>',
    `<p class="verdict ${level}">${markupText(sentence)}</p>`,
    ...tiles(report),
    ...sides(report),
    ...charts.map(({ title, svg }) => `<h2>${title}</h2>\n<figure>${svg}</figure>`),
    ...lists(report),
    ...examples(report),
    ...aside(report),
    '</body>',
    '</html>',
  ].join('\n')}\n`;
}

/** The five numbers that everybody asks for first. */
function tiles({ equal, changed, missing, extra, duplicates }: DiffReport): string[] {
  const all: readonly (readonly [string, number])[] = [
    ['equal', equal],
    ['changed', changed],
    ['missing', missing],
    ['extra', extra],
    ['duplicates', duplicates.left + duplicates.right],
  ];
  return [
    '<dl class="tiles">',
    ...all.map(([name, count]) => `<div><dd>${thousands(count)}</dd><dt>${name}</dt></div>`),
    '</dl>',
  ];
}

function sides(report: DiffReport): string[] {
  const row = (name: string, side: DiffSideShown): Cells => [
    name,
    side.label,
    side.events,
    side.unreadable,
    [side.first ?? '', side.last ?? ''].filter((time) => time !== '').join(' … '),
  ];
  const facts = [`key ${report.key}`, ...asides(report), duration(report.elapsedMs)].join(' · ');
  return [
    ...table(
      'Sides',
      ['side', 'what', 'events', 'could not be read', 'first and last'],
      [row('left', report.sides.left), row('right', report.sides.right)],
    ),
    `<p>${markupText(facts)}</p>`,
  ];
}

function asides({ tolerated, settling, healed }: DiffReport): string[] {
  const young = settling.left + settling.right;
  return [
    ...(tolerated > 0 ? [`${thousands(tolerated)} equal within tolerances`] : []),
    ...(young > 0 ? [`${thousands(young)} in flight, left out`] : []),
    ...(healed === undefined
      ? []
      : [`healed: ${thousands(healed.sent)} sent to ${healed.sink}, ${thousands(healed.accepted)} accepted`]),
  ];
}

function lists(report: DiffReport): string[] {
  const { failures = [], findings, fields, names, days } = report;
  const classes = Object.entries(report.classes).filter(([, count]) => count > 0);
  return [
    ...table(
      'Could not be read',
      ['what', 'why', 'next'],
      [...failures.map((one): Cells => [one.part, one.message, one.hint ?? '']), ...unreadable(report)],
    ),
    ...table(
      'Findings',
      ['finding', 'code'],
      findings.map(({ message, code }) => [message, code]),
    ),
    ...table(
      'Classes of differences',
      ['events', 'class', 'meaning'],
      classes.map(([name, count]) => [count, name, MEANINGS[name] ?? '']),
    ),
    ...table(
      'Places that differ',
      ['events', 'place', 'added', 'removed', 'only written otherwise'],
      fields.map((one) => [
        one.changed,
        one.pointer === '' ? '(whole event)' : one.pointer,
        one.added,
        one.removed,
        one.reformatted,
      ]),
    ),
    ...table('By name', ['name', 'missing', 'extra', 'changed'], named(names).map(countCells)),
    ...table('By day', ['day', 'missing', 'extra', 'changed'], named(days).map(countCells)),
  ];
}

const MEANINGS: Readonly<Record<string, string>> = {
  lost: 'on the left only',
  late: 'on the left only, behind the last event of the right',
  duplicate: 'more often on one side than on the other',
  extra: 'on the right only',
  enriched: 'the right has more members, and all others are equal',
  reformatted: 'the same instant or number in another notation',
  changed: 'another value',
};

function unreadable({ sides: { left, right } }: DiffReport): Cells[] {
  const all = [...(left.unreadableExamples ?? []), ...(right.unreadableExamples ?? [])];
  return all.map(({ part, line, message }) => [`${part}:${line}`, message, '']);
}

/** Where nothing has a label there is nothing to tell apart. */
function named(counts: readonly DiffCount[]): readonly DiffCount[] {
  return counts.every(({ label }) => label === '') ? [] : counts;
}

function countCells({ label, missing, extra, changed }: DiffCount): Cells {
  return [label === '' ? '–' : label, missing, extra, changed];
}

function examples({ examples: all }: DiffReport): string[] {
  if (all.length === 0) return [];
  return ['<h2>Examples, side by side</h2>', ...all.slice(0, mostRows).map(example)];
}

function example({ class: className, key, name = '', time = '', left, right, differences }: DiffExampleShown): string {
  const head = [className, key, name, time].filter((word) => word !== '').join(' · ');
  const rows = differences.map(({ pointer, left: before, right: after }) => {
    const cells = [before, after].map((value) => `<td>${value === undefined ? '<i>absent</i>' : code(value)}</td>`);
    return `<tr><td>${markupText(pointer === '' ? '(whole event)' : pointer)}</td>${cells.join('')}</tr>`;
  });
  const places =
    rows.length === 0 ? '' : `<table><tr><th>place</th><th>left</th><th>right</th></tr>${rows.join('')}</table>`;
  return [
    `<details open><summary>${markupText(head)}</summary>`,
    places,
    `<div class="pair">${whole('left', left)}${whole('right', right)}</div>`,
    '</details>',
  ].join('\n');
}

function whole(side: string, place: DiffExampleShown['left']): string {
  if (place === undefined) return `<div><b>${side}</b><p class="none">not there</p></div>`;
  return `<div><b>${side}</b> ${markupText(`${place.source}:${place.line}`)}<pre>${markupText(shorten(place.text, mostText))}</pre></div>`;
}

function aside({ warnings = [], noise = [], emitted = [] }: DiffReport): string[] {
  return [
    ...table(
      'Noise: places at which two runs of the left differ',
      ['events', 'place'],
      noise.map(({ changed, pointer }) => [changed, pointer]),
    ),
    ...table(
      'Written',
      ['events', 'kind', 'file'],
      emitted.map(({ events, kind, path }) => [events, kind, path]),
    ),
    ...table(
      'Warnings',
      [],
      warnings.map((text) => [text]),
    ),
  ];
}

type Cells = readonly (string | number)[];

function table(title: string, head: readonly string[], rows: readonly Cells[]): string[] {
  if (rows.length === 0) return [];
  const headRow =
    head.length === 0
      ? []
      : [
          `<tr>${head.map((text, at) => `<th scope="col"${isCount(rows, at) ? ' class="count"' : ''}>${text}</th>`).join('')}</tr>`,
        ];
  const body = rows.slice(0, mostRows).map((row) => `<tr>${row.map(cell).join('')}</tr>`);
  const rest = rows.length > mostRows ? [`<p>… and ${thousands(rows.length - mostRows)} more</p>`] : [];
  return [`<h2>${title}</h2>`, '<table>', ...headRow, ...body, '</table>', ...rest];
}

function isCount([first = []]: readonly Cells[], at: number): boolean {
  return typeof first[at] === 'number';
}

function cell(value: string | number): string {
  if (typeof value === 'number') return `<td class="count">${thousands(value)}</td>`;
  return `<td>${markupText(shorten(value, mostText))}</td>`;
}

function code(text: string): string {
  return `<code>${markupText(shorten(text, mostText))}</code>`;
}

const styles = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
.verdict { font-size: 1.2rem; font-weight: 600; padding: .5rem 1rem; border-left: .4rem solid; }
.passed { border-color: #15803d; } .failed { border-color: #b91c1c; } .incomplete { border-color: #b45309; }
.tiles { display: flex; flex-wrap: wrap; gap: 1rem; } .tiles div { border: 1px solid #8884; border-radius: .5rem; padding: .4rem 1.2rem; }
.tiles dd { margin: 0; font-size: 1.6rem; font-variant-numeric: tabular-nums; } .tiles dt { color: #808080; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; min-width: 3rem; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; overflow-wrap: anywhere; } th { overflow-wrap: normal; }
.count { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
figure { margin: 0; } svg { width: 100%; height: auto; }
details { border: 1px solid #8884; border-radius: .5rem; padding: .5rem 1rem; margin: .6rem 0; }
summary { font-weight: 600; overflow-wrap: anywhere; } .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
.pair > div { min-width: 0; overflow-wrap: anywhere; } pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #8881; padding: .5rem; font-size: .85em; }
.none { color: #808080; font-style: italic; }
`;
