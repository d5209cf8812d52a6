import type { Style } from './output.js';
import { createSections, failureLines, moreLine, nextLines, type Sections } from './sections.js';
import { counted, duration, hang, percent, period, shorten, thousands } from './text.js';
import type { Count, QueueStanding, SignatureReport, TriageReport } from './triage-report.js';

const mostRows = 12;
const mostSampleLines = 14;
const BARS = '▁▂▃▄▅▆▇█';

/** What died, where and why, for a person at three in the morning. */
export function renderTriageTable(report: TriageReport, style: Style): string {
  const sections = createSections(style);
  const { paint } = sections;
  const { events, source, queue, signatures, elapsedMs } = report;
  sections.block([
    paint.bold(triageTitle(report)),
    ...validity(report),
    paint.dim([`triage ${source}`, 'nothing was consumed', duration(elapsedMs)].join(' · ')),
    ...(queue === undefined
      ? []
      : hang('', `the queue says: ${standing(queue).join(', ') || 'nothing of its size'}`, sections.width)),
    ...seen(report),
  ]);
  sections.titled('By queue of origin', countLines(report.origins, events, sections));
  sections.titled('By name', countLines(report.names, events, sections));
  for (const signature of signatures.slice(0, mostRows)) sections.block(signatureLines(signature, events, sections));
  sections.block(moreLine(signatures.slice(mostRows), 'signature', 'signatures'));
  sections.titled('Could not be read', failureLines(report.failures, sections));
  sections.sentences('warning', report.warnings);
  sections.sentences('note', report.notes);
  if (report.exported !== undefined) {
    sections.block([`${counted(report.exported.letters, 'letter')} written to ${report.exported.path}`]);
  }
  sections.titled('Next', nextLines(report.next, sections));
  return sections.end();
}

/** How many events there are, and of how many causes. */
export function triageTitle({ events, signatures, signaturesFound }: TriageReport): string {
  const all = counted(signaturesFound, 'failure signature');
  if (signatures.length === signaturesFound) return `${counted(events, 'event')} in ${all}`;
  const chosen = signatures.reduce((sum, signature) => sum + signature.events, 0);
  return `${thousands(chosen)} of ${counted(events, 'event')}, in ${signatures.length} of ${all}`;
}

/** How many of the events would be taken as they are. */
export function validity({ events, valid }: TriageReport): string[] {
  if (valid === undefined) return [];
  return [
    `the schema accepts ${thousands(valid)} as ${valid === 1 ? 'it is' : 'they are'}, and not the other ${thousands(events - valid)}`,
  ];
}

/** What the queue says of itself, in clauses. */
export function standing({
  ready,
  inFlight,
  delayed,
  oldest,
  firstExpires,
  firstExpiresInMs = 0,
}: QueueStanding): string[] {
  const expires = firstExpiresInMs < 0 ? 'is overdue since' : `expires in ${period(firstExpiresInMs)}, at`;
  return [
    ...(ready === undefined ? [] : [`${thousands(ready)} ready`]),
    ...(inFlight ? [`${thousands(inFlight)} in flight`] : []),
    ...(delayed ? [`${thousands(delayed)} delayed`] : []),
    ...(oldest === undefined ? [] : [`oldest from ${oldest}`]),
    ...(firstExpires === undefined ? [] : [`the first ${expires} ${firstExpires}`]),
  ];
}

function seen({ firstSeen, lastSeen }: Pick<TriageReport, 'firstSeen' | 'lastSeen'>): string[] {
  return firstSeen === undefined || lastSeen === undefined ? [] : [`from ${firstSeen} to ${lastSeen}`];
}

function countLines(counts: readonly Count[], total: number, { width }: Sections): string[] {
  const shown = counts.slice(0, mostRows);
  const lines = shown.map(
    ({ name, events }) =>
      `  ${thousands(events).padStart(9)}  ${percent(events, total).padStart(7)}  ${shorten(name || '(none)', width - 24)}`,
  );
  return [...lines, ...moreLine(counts.slice(mostRows), 'more', 'more')];
}

function signatureLines(signature: SignatureReport, total: number, sections: Sections): string[] {
  const { paint, width } = sections;
  const { id, events, cause, message, pointer, sqlstate, names, origins, mostAttempts, sample, proposal } = signature;
  const facts = [
    cause,
    ...(sqlstate === undefined ? [] : [`SQLSTATE ${sqlstate}`]),
    ...(pointer === undefined ? [] : [`field ${pointer}`]),
    ...(mostAttempts > 0 ? [`tried up to ${counted(mostAttempts, 'time')}`] : []),
  ];
  const where = `${listed(names)} from ${listed(origins)}`;
  const lines = sample.split('\n');
  return [
    `${paint.bold(id)}  ${paint.red(thousands(events))}  ${percent(events, total)}  ${paint.cyan(sparkline(signature.overTime))}`,
    ...hang('  ', message, width).map(paint.bold),
    ...hang('  ', facts.join(' · '), width),
    ...hang('  ', where, width).map(paint.dim),
    ...seen(signature).map((line) => paint.dim(`  ${line}`)),
    ...lines.slice(0, mostSampleLines).map((line) => paint.dim(`    ${shorten(line, width - 4)}`)),
    ...(lines.length > mostSampleLines ? [paint.dim('    …')] : []),
    ...(proposal === undefined
      ? []
      : [
          '  a rule that would mend it:',
          ...proposal
            .trimEnd()
            .split('\n')
            .map((line) => paint.green(`    ${line}`)),
        ]),
  ];
}

/** The most frequent ones, and how many more there are. */
export function listed(counts: readonly Count[]): string {
  const shown = counts.slice(0, 3).map(({ name }) => name || '(none)');
  return counts.length > 3 ? `${shown.join(', ')} and ${counts.length - 3} more` : shown.join(', ');
}

/** Counts as bars of one line. */
function sparkline(counts: readonly number[]): string {
  const most = Math.max(0, ...counts);
  if (most === 0) return '';
  return counts
    .map((count) => (count === 0 ? ' ' : BARS.charAt(Math.ceil((count / most) * 8) - 1)))
    .join('')
    .trimEnd();
}
