import { monthsOf, stateSigns } from './backfill-calendar.js';
import type { BackfilledPartition, BackfillReport } from './backfill-report.js';
import { duration, thousands } from './text.js';
import { markupText } from './validate-text.js';

/** One page that needs no network and no script; its content policy forbids both. */
export function renderBackfillHtml(report: BackfillReport): string {
  const { partitions } = report;
  return `${[
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>respool backfill ${markupText(report.run)}</title>`,
    `<style>${STYLES}</style>`,
    '</head>',
    '<body>',
    `<h1>respool backfill ${markupText(report.run)}</h1>`,
    `<p>${markupText(`${report.method} into ${report.table}, ${thousands(report.read)} events read, ${duration(report.elapsedMs)}`)}</p>`,
    ...paceParagraph(report),
    calendar(partitions),
    `<p>${[...new Set(partitions.map(({ state }) => state))].map((state) => `${stateSigns[state] ?? '?'} ${markupText(state)}`).join(' &nbsp; ')}</p>`,
    '<table><thead><tr><th>partition<th>from<th>to<th>state<th>read<th>accepted<th>duplicate<th>rejected<th>rows/s<th>verified<th>what was found</tr></thead>',
    `<tbody>${partitions.map(row).join('\n')}</tbody></table>`,
    '</body>',
    '</html>',
  ].join('\n')}\n`;
}

function paceParagraph({ pace }: BackfillReport): string[] {
  if (pace === undefined) return [];
  const left = pace.leftMs === undefined ? '' : `, about ${duration(pace.leftMs)} left`;
  const waiting = pace.waiting === undefined ? '' : `, waiting: ${pace.waiting}`;
  const text = `${thousands(pace.passed)} of ${thousands(pace.total)} rows, ${thousands(pace.eventsPerSecond)}/s${left}${waiting}`;
  return [`<p>${markupText(text)}</p>`];
}

/** A row a month where partitions are days, else one after another. */
function calendar(partitions: readonly BackfilledPartition[]): string {
  const months = monthsOf(partitions.filter(({ from }) => from !== undefined));
  if (months === undefined) return `<ol class="calendar">${partitions.map((each) => sign('li', each)).join('')}</ol>`;
  const head = Array.from({ length: 31 }, (_, at) => `<th>${at + 1}`).join('');
  const rows = [...months].map(
    ([month, days]) =>
      `<tr><th>${month}${days.map((day) => (day === undefined ? '<td>' : sign('td', day))).join('')}</tr>`,
  );
  return `<table class="calendar"><thead><tr><th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function sign(element: 'li' | 'td', { name, state }: BackfilledPartition): string {
  const title = markupText(`${name}: ${state}`);
  return `<${element} class="${markupText(state)}" title="${title}">${stateSigns[state] ?? '?'}</${element}>`;
}

function row(each: BackfilledPartition): string {
  const {
    name,
    from = '',
    to = '',
    state,
    read,
    accepted,
    duplicate,
    rejected,
    eventsPerSecond,
    verified,
    evidence,
    error,
  } = each;
  const counts = [read, accepted, duplicate, rejected].map((count) => `<td class="n">${thousands(count)}`).join('');
  const found = error?.message ?? evidence ?? '';
  return `<tr><td>${markupText(name)}<td>${shortly(from)}<td>${shortly(to)}<td>${markupText(state)}${counts}<td class="n">${eventsPerSecond === undefined ? '' : thousands(eventsPerSecond)}<td>${verified ? 'yes' : ''}<td>${markupText(found)}</tr>`;
}

/** Whole minutes without seconds, and a space to break the line at. */
const shortly = (instant: string) => instant.replace('T', ' ').replace(/(:00)?\.000Z$/, 'Z');

const STYLES = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}
ol.calendar{display:flex;flex-wrap:wrap;gap:3px;list-style:none;padding:0}
table.calendar{width:auto;border-collapse:separate;border-spacing:3px}.calendar th,.calendar td{border:0;padding:0;font-weight:normal;text-align:center}
.calendar tbody th{padding-right:.5rem}.calendar li,.calendar td{width:1.6rem;height:1.6rem;text-align:center;border-radius:3px}
.calendar .planned{background:#ddd;color:#222}td:last-child{overflow-wrap:anywhere}
.calendar .done{background:#2e7d32;color:#fff}.calendar .failed{background:#b71c1c;color:#fff}
.calendar .loading,.calendar .verifying,.calendar .swapping{background:#f9a825}.calendar .undone{background:#90a4ae}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #ddd;padding:.25rem .5rem;text-align:left}.n{text-align:right}`;
