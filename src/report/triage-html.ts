import { counted, duration, percent, thousands } from './text.js';
import type { Count, SignatureReport, TriageReport } from './triage-report.js';
import { listed, standing, triageTitle, validity } from './triage-table.js';
import { markupText } from './validate-text.js';

const styles = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1c2733;background:#fff}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}td,th{padding:.25rem .8rem .25rem 0;text-align:left;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}pre{background:#f4f6f8;padding:.7rem;overflow:auto;font-size:13px}
section{border-top:1px solid #d6dde3;padding-top:1rem;margin-top:1rem}code{font-size:13px}.dim{color:#5a6875}
@media(prefers-color-scheme:dark){body{background:#12181f;color:#e2e8ee}pre{background:#1c252e}.dim{color:#93a1ae}section{border-color:#2c3843}}`;

/** One page that needs no network and no script; its content policy forbids both. */
export function renderTriageHtml(report: TriageReport): string {
  const { events, signatures, source, elapsedMs, origins, names, failures, warnings, notes, next } = report;
  const title = triageTitle(report);
  return `${[
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>respool triage: ${markupText(title)}</title><style>${styles}</style></head><body>`,
    `<h1>${markupText(title)}</h1>`,
    `<p class="dim">${markupText([source, 'nothing was consumed', duration(elapsedMs), ...facts(report)].join(' · '))}</p>`,
    ...failures.map(({ part, message }) => `<p><b>${markupText(part)}</b>: ${markupText(message)}</p>`),
    ...warnings.map((warning) => `<p>${markupText(warning)}</p>`),
    ...notes.map((note) => `<p class="dim">${markupText(note)}</p>`),
    ...countTable('By queue of origin', origins, events),
    ...countTable('By name', names, events),
    ...signatures.map((signature) => signatureSection(signature, events)),
    ...next.map(({ command, why }) => `<p class="dim">${markupText(why)}</p><pre>${markupText(command)}</pre>`),
    '</body></html>',
  ].join('\n')}\n`;
}

function facts(report: TriageReport): string[] {
  const { queue, firstSeen, lastSeen } = report;
  return [
    ...validity(report),
    ...(queue === undefined ? [] : standing(queue)),
    ...(firstSeen === undefined ? [] : [`${firstSeen} to ${lastSeen ?? ''}`]),
  ];
}

function countTable(title: string, counts: readonly Count[], total: number): string[] {
  if (counts.length === 0) return [];
  const rows = counts
    .slice(0, 50)
    .map(
      ({ name, events }) =>
        `<tr><td>${markupText(name || '(none)')}</td><td class="n">${thousands(events)}</td><td class="n">${percent(events, total)}</td></tr>`,
    );
  return [`<h2>${title}</h2>`, `<table>${rows.join('')}</table>`];
}

function signatureSection(signature: SignatureReport, total: number): string {
  const { id, events, cause, message, pointer, sqlstate, firstSeen, lastSeen, sample, proposal, overTime } = signature;
  const { names, origins, mostAttempts } = signature;
  const facts = [
    cause,
    ...(sqlstate === undefined ? [] : [`SQLSTATE ${sqlstate}`]),
    ...(pointer === undefined ? [] : [`field ${pointer}`]),
    ...(mostAttempts > 0 ? [`tried up to ${counted(mostAttempts, 'time')}`] : []),
    `${listed(names)} from ${listed(origins)}`,
    ...(firstSeen === undefined ? [] : [`${firstSeen} to ${lastSeen ?? ''}`]),
  ];
  return [
    '<section>',
    `<h2>${thousands(events)} <span class="dim">${percent(events, total)} <code>${id}</code></span></h2>`,
    `<p><b>${markupText(message)}</b><br><span class="dim">${markupText(facts.join(' · '))}</span></p>`,
    bars(overTime),
    `<details><summary>a sample</summary><pre>${markupLines(sample)}</pre></details>`,
    ...(proposal === undefined ? [] : [`<p>A rule that would mend it:</p><pre>${markupLines(proposal)}</pre>`]),
    '</section>',
  ].join('\n');
}

/** A text of several lines, each escaped for itself. */
function markupLines(text: string): string {
  return text.split('\n').map(markupText).join('\n');
}

function bars(counts: readonly number[]): string {
  const most = Math.max(1, ...counts);
  const rects = counts.map((count, at) => {
    const height = Math.round((40 * count) / most);
    return count === 0 ? '' : `<rect x="${at * 10}" y="${40 - height}" width="8" height="${height}" fill="#3f7fbf"/>`;
  });
  const width = counts.length * 10;
  return `<svg width="${width}" height="40" viewBox="0 0 ${width} 40" role="img" aria-label="events over time">${rects.join('')}</svg>`;
}
