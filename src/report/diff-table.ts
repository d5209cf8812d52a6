import type { DiffCount, DiffExampleShown, DiffReport } from './diff-report.js';
import { diffVerdict } from './diff-verdict.js';
import type { Style } from './output.js';
import { createSections, failureLines, type Sections } from './sections.js';
import { counted, duration, hang, shorten, thousands } from './text.js';
import { visible } from './validate-text.js';

/** The most rows under one heading. */
const mostRows = 12;
const mostDifferences = 6;

/** A report for a person: the verdict, what differs where, and examples with their values. */
export function renderDiffTable(report: DiffReport, style: Style): string {
  const sections = createSections(style);
  sections.block(headLines(report, sections));
  sections.titled('Could not be read', [
    ...failureLines(report.failures ?? [], sections),
    ...unreadableLines(report, sections),
  ]);
  sections.titled(
    'Findings',
    report.findings.flatMap(({ message }) => hang('  ', visible(message), sections.width)),
  );
  sections.titled('Classes', classLines(report));
  sections.titled('Fields that differ', fieldLines(report.fields, sections));
  sections.titled('By name', countLines(report.names, '(no name)', sections));
  sections.titled('By day', countLines(report.days, '(no time)', sections));
  sections.titled(
    'Examples',
    report.examples.slice(0, mostRows).flatMap((one) => exampleLines(one, sections)),
  );
  sections.titled('Noise', fieldLines(report.noise ?? [], sections));
  sections.titled(
    'Written',
    (report.emitted ?? []).map(({ kind, path, events }) => `  ${path}  ${counted(events, `${kind} event`)}`),
  );
  sections.sentences('warning', (report.warnings ?? []).map(visible));
  return sections.end();
}

function headLines(report: DiffReport, { paint, width }: Sections): string[] {
  const { level, sentence } = diffVerdict(report);
  const colours = { passed: paint.green, failed: paint.red, incomplete: paint.yellow };
  const { left, right } = report.sides;
  return [
    colours[level](paint.bold(visible(sentence))),
    paint.dim(
      [
        'diff',
        `key ${report.key}`,
        `${thousands(report.equal)} equal`,
        ...asides(report),
        duration(report.elapsedMs),
      ].join(' · '),
    ),
    ...healedLines(report),
    shorten(`  left   ${visible(left.label)}  ${counted(left.events, 'event')}`, width),
    shorten(`  right  ${visible(right.label)}  ${counted(right.events, 'event')}`, width),
  ];
}

/** What counts as equal although it is not the same, or was not looked at. */
function asides({ tolerated, settling, duplicates, checksums }: DiffReport): string[] {
  const young = settling.left + settling.right;
  return [
    ...(tolerated > 0 ? [`${thousands(tolerated)} within tolerances`] : []),
    ...(young > 0 ? [`${thousands(young)} in flight`] : []),
    ...(duplicates.left + duplicates.right > 0
      ? [`duplicates ${thousands(duplicates.left)} left, ${thousands(duplicates.right)} right`]
      : []),
    ...(checksums === undefined ? [] : [`${counted(checksums.fetched, 'row')} fetched`]),
  ];
}

function healedLines({ healed }: DiffReport): string[] {
  if (healed === undefined) return [];
  const { before, sent, accepted, failed } = healed;
  const rest = failed > 0 ? `, ${thousands(failed)} not` : '';
  return [
    `  before: ${thousands(before.missing)} missing, ${thousands(before.extra)} extra, ${thousands(before.changed)} changed`,
    `  healed: ${counted(sent, 'event')} sent to ${visible(healed.sink)}, ${thousands(accepted)} accepted${rest}`,
    `  receipt: ${healed.receipt}`,
  ];
}

function unreadableLines({ sides }: DiffReport, { width }: Sections): string[] {
  const all = [...(sides.left.unreadableExamples ?? []), ...(sides.right.unreadableExamples ?? [])];
  return all
    .slice(0, mostRows)
    .flatMap(({ part, line, message }) => hang('  ', visible(`${part}:${line}: ${message}`), width));
}

function classLines({ classes }: DiffReport): string[] {
  const found = Object.entries(classes).filter(([, count]) => count > 0);
  const digits = Math.max(1, ...found.map(([, count]) => thousands(count).length));
  return found.map(([name, count]) => `  ${thousands(count).padStart(digits)}  ${name}`);
}

function fieldLines(fields: DiffReport['fields'], { width }: Sections): string[] {
  const digits = Math.max(1, ...fields.map(({ changed }) => thousands(changed).length));
  const lines = fields.slice(0, mostRows).map(({ pointer, changed, added, removed, reformatted }) => {
    const how = [
      ...(added > 0 ? [`${thousands(added)} added`] : []),
      ...(removed > 0 ? [`${thousands(removed)} removed`] : []),
      ...(reformatted > 0 ? [`${thousands(reformatted)} reformatted`] : []),
    ].join(', ');
    const place = visible(pointer === '' ? '(whole event)' : pointer);
    return shorten(`  ${thousands(changed).padStart(digits)}  ${place}${how === '' ? '' : `  (${how})`}`, width);
  });
  return [...lines, ...more(fields.length, 'field')];
}

function countLines(counts: readonly DiffCount[], unnamed: string, { width }: Sections): string[] {
  if (counts.length === 1 && counts[0]?.label === '') return [];
  const rows = counts.slice(0, mostRows).map(({ label, missing, extra, changed }) => ({
    label: shorten(visible(label === '' ? unnamed : label), width - 45),
    text: `${thousands(missing).padStart(7)} missing ${thousands(extra).padStart(7)} extra ${thousands(changed).padStart(7)} changed`,
  }));
  const longest = Math.max(1, ...rows.map(({ label }) => label.length));
  return [...rows.map(({ label, text }) => `  ${label.padEnd(longest)}  ${text}`), ...more(counts.length, 'line')];
}

function more(count: number, noun: string): string[] {
  return count > mostRows ? [`  … and ${counted(count - mostRows, `more ${noun}`)}`] : [];
}

function exampleLines(example: DiffExampleShown, { paint, width }: Sections): string[] {
  const { kind, class: className, key, name, left, right, differences } = example;
  const place = left ?? right;
  const head = [kind === className ? kind : `${kind} (${className})`, key, name ?? ''].filter((word) => word !== '');
  const where = place === undefined ? '' : `  ${place.source}:${place.line}`;
  const shown = differences.slice(0, mostDifferences);
  return [
    shorten(`  ${visible(head.join(' · '))}`, width) + paint.dim(visible(where)),
    ...shown.map(({ pointer, left: before = '(absent)', right: after = '(absent)' }) =>
      shorten(`      ${visible(`${pointer === '' ? '(whole)' : pointer}: ${before} → ${after}`)}`, width),
    ),
    ...(differences.length > shown.length
      ? [`      … and ${counted(differences.length - shown.length, 'more place')}`]
      : []),
  ];
}
