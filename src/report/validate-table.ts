import type { Style } from './output.js';
import { createSections, failureLines, type Sections } from './sections.js';
import { counted, duration, hang, shorten, thousands } from './text.js';
import type { Finding, ProblemGroup, ValidateNameCount, ValidateReport } from './validate-report.js';
import { visible } from './validate-text.js';
import { validateVerdict } from './validate-verdict.js';

/** The most kinds of problem, and the most names, that a table shows. */
const mostRows = 20;

/** A report for a person: the verdict, kinds of problems with the most frequent first, findings, names with invalid events. */
export function renderValidateTable(report: ValidateReport, style: Style): string {
  const sections = createSections(style);
  sections.block(headLines(report, sections));
  const failures = (report.failures ?? []).map(({ part, message, hint, ...rest }) => ({
    ...rest,
    part: visible(part),
    message: visible(message),
    ...(hint === undefined ? {} : { hint: visible(hint) }),
  }));
  sections.titled('Could not be read', failureLines(failures, sections));
  sections.titled('Findings', findingLines(report.findings, sections));
  sections.titled('Problems', groupLines(report, sections));
  sections.titled('Names with invalid events', nameLines(report.names, sections));
  sections.sentences('warning', (report.warnings ?? []).map(visible));
  sections.sentences('note', (report.notes ?? []).map(visible));
  return withoutCommands(sections.end());
}

function headLines(report: ValidateReport, { paint }: Sections): string[] {
  const { level, sentence } = validateVerdict(report);
  const colours = { passed: paint.green, failed: paint.red, incomplete: paint.yellow };
  const facts = [`${thousands(report.valid)} valid`, counted(report.problemCount, 'problem')];
  return [
    colours[level](paint.bold(sentence)),
    paint.dim(['validate', ...facts, duration(report.elapsedMs)].join(' · ')),
  ];
}

function findingLines(findings: readonly Finding[], { paint, width }: Sections): string[] {
  return findings.flatMap(({ code, message, source, pointer, name, witness }) => [
    ...hang('  ', visible(message), width),
    paint.dim(`    ${visible([code, name, pointer, source].filter((fact) => fact).join(' · '))}`),
    ...(witness === undefined ? [] : [paint.dim(`    ${shorten(visible(`for example ${witness}`), width - 4)}`)]),
  ]);
}

function groupLines({ groups, problems }: ValidateReport, sections: Sections): string[] {
  const shown = groups.slice(0, mostRows);
  const digits = Math.max(1, ...shown.map(({ count }) => thousands(count).length));
  const lines = shown.flatMap((group) => oneGroup(group, digits, sections));
  const rest = groups.slice(mostRows);
  const hidden = rest.reduce((sum, { count }) => sum + count, 0);
  const more = `  … and ${counted(rest.length, 'more kind')} (${counted(hidden, 'problem')})`;
  if (rest.length > 0) return [...lines, more];
  return groups.length === 0 && problems.length > 0 ? [`  ${counted(problems.length, 'problem')}`] : lines;
}

function oneGroup(group: ProblemGroup, digits: number, { paint, width }: Sections): string[] {
  const lead = `  ${thousands(group.count).padStart(digits)}  `;
  const place = group.pointer === '' ? 'whole event' : group.pointer;
  const [first = '', ...rest] = hang(lead, visible(`${place}: ${group.message}`), width);
  const facts = shorten(visible(`${group.rule}, first in ${group.example}`), width - lead.length);
  return [
    paint.red(first.slice(0, lead.length)) + first.slice(lead.length),
    ...rest,
    paint.dim(' '.repeat(lead.length) + facts),
  ];
}

function nameLines(names: readonly ValidateNameCount[], { width }: Sections): string[] {
  const all = names.filter(({ invalid }) => invalid > 0);
  const rows = all.slice(0, mostRows).map(({ name, events, invalid }) => ({
    name: shorten(visible(name), width - 40),
    count: `${thousands(invalid)} of ${thousands(events)}`,
  }));
  const longest = Math.max(1, ...rows.map(({ name }) => name.length));
  const digits = Math.max(1, ...rows.map(({ count }) => count.length));
  const lines = rows.map(({ name, count }) => `  ${name.padEnd(longest)}  ${count.padStart(digits)}`);
  return all.length > mostRows ? [...lines, `  … and ${counted(all.length - mostRows, 'more name')}`] : lines;
}

/** Takes from text of events the power to command the CI that prints it: `::…` that begins a line, and `##[…`. */
function withoutCommands(text: string): string {
  return text.replace(/^([^\S\n]*)::/gm, '$1: :').replaceAll('##[', '## [');
}
