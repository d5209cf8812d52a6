import { calendarLines } from './backfill-calendar.js';
import type { BackfilledPartition, BackfillReport } from './backfill-report.js';
import { markdownCode, markdownTable } from './markdown.js';
import type { Style } from './output.js';
import type { Paint } from './paint.js';
import { createSections, failureLines, nextLines, problemLines } from './sections.js';
import { bytes, counted, duration, hang, thousands } from './text.js';

/** Beyond so many, only the partitions that need a look are listed one by one. */
const MOST_ROWS = 40;

/** A backfill for a person: how it stands, the calendar, a row for each partition, and what to run next. */
export async function renderBackfillTable(report: BackfillReport, style: Style): Promise<string> {
  const sections = createSections(style);
  const { paint } = sections;
  const { partitions } = report;
  sections.block([
    headline(report, paint),
    paint.dim(`backfill ${report.run} · ${report.method} ${placeOf(report)} · ${duration(report.elapsedMs)}`),
  ]);
  sections.block([readLine(report), ...paceLine(report)]);
  sections.titled('Calendar', calendarLines(partitions, paint));
  sections.block(isPlan(report) ? await planRows(report) : await rows(partitions));
  sections.titled(
    'Failed',
    partitions.flatMap(({ name, error }) =>
      error === undefined
        ? []
        : [...hang(`  ${name}: `, error.message, sections.width), ...(error.hint ? [`    ${error.hint}`] : [])],
    ),
  );
  sections.titled('Not verified', unverifiedLines(report, sections.width));
  sections.titled('Not delivered', problemLines(report.problems ?? [], sections));
  sections.titled('Could not go on', failureLines(report.failures ?? [], sections));
  sections.sentences('warning', report.warnings ?? []);
  if (isPlan(report)) sections.sentences('note', report.notes ?? []);
  if (report.untouched.length > 0) sections.sentences('note', [untouchedSentence(report.untouched)]);
  if (report.quarantine !== undefined)
    sections.block([`Quarantine: ${report.quarantine.path} (${counted(report.quarantine.events, 'event')})`]);
  sections.titled('Next', nextLines(report.next ?? [], sections));
  return sections.end();
}

/** What a service could not prove, or not yet. */
function unverifiedLines({ days, partitions }: BackfillReport, width: number): string[] {
  if (days === undefined) return [];
  return partitions.flatMap(({ name, state, verified, evidence }) =>
    verified || evidence === undefined || state === 'failed' ? [] : hang(`  ${name}: `, evidence, width),
  );
}

/** The same for a pull request or a chat. */
export function renderBackfillMarkdown(report: BackfillReport): string {
  const rows = isPlan(report)
    ? report.partitions.map((each, at) => planCells(each, at, report.method))
    : report.partitions.map((each) => [markdownCode(each.name), ...cells(each)]);
  const lines = [
    `## ${sentenceOf(report)}`,
    `Run ${markdownCode(report.run)}, ${report.method} ${placeOf(report, markdownCode)}. ${readLine(report)}.`,
    markdownTable(isPlan(report) ? PLAN_HEAD : HEAD, rows),
  ];
  return `${lines.join('\n\n')}\n`;
}

/** The table, or the service and whose days are its units. */
function placeOf({ table, days, sinks }: BackfillReport, quoted = (text: string) => text): string {
  if (table !== undefined) return `into ${quoted(table)}`;
  return `to ${quoted(sinks[0]?.label ?? '')} by days${days === undefined ? '' : ` (${days})`}`;
}

const HEAD = ['partition', 'state', 'read:', 'accepted:', 'duplicate:', 'rejected:', 'verified', 'locked:', 'rows/s:'];

const PLAN_HEAD = [
  'order:',
  'partition',
  'rows now:',
  'events:',
  'accepted:',
  'duplicate:',
  'rejected:',
  'size:',
  'method',
];

function isPlan({ partitions }: BackfillReport): boolean {
  return partitions.length > 0 && partitions.every(({ state }) => state === 'planned');
}

function planCells(each: BackfilledPartition, at: number, method: string): string[] {
  const { name, rowsBefore, rowsInDefault, read, expected, bytes: size } = each;
  const counts = [read, expected.accepted, expected.duplicate, expected.rejected].map(thousands);
  if (method === 'deliver') return [String(at + 1), name, '-', ...counts, bytes(size), method];
  const made = rowsInDefault === undefined ? 'to be made' : `to be made, ${thousands(rowsInDefault)} in DEFAULT`;
  return [
    String(at + 1),
    name,
    rowsBefore === undefined ? made : thousands(rowsBefore),
    ...counts,
    bytes(size),
    method,
  ];
}

/** How fast it goes, while a process works on it. */
function paceLine({ pace }: BackfillReport): string[] {
  if (pace === undefined) return [];
  const { passed, total, eventsPerSecond, leftMs, waiting } = pace;
  return [
    [
      `working: ${thousands(passed)} of ${counted(total, 'row')}`,
      `${thousands(eventsPerSecond)}/s`,
      ...(leftMs === undefined ? [] : [`about ${duration(leftMs)} left`]),
      ...(waiting === undefined ? [] : [`waiting: ${waiting}`]),
    ].join(' · '),
  ];
}

function headline(report: BackfillReport, paint: Paint): string {
  const sentence = paint.bold(sentenceOf(report));
  if (!report.balanced) return paint.red(sentence);
  return report.complete && report.exitCode === 0 ? paint.green(sentence) : paint.yellow(sentence);
}

function sentenceOf({ balanced, stoppedBy, complete, exitCode, partitions, pace }: BackfillReport): string {
  if (!balanced) return 'The numbers do not balance: do not trust this run';
  if (stoppedBy !== undefined) return `Stopped: ${stoppedBy.message.replace(/^stopped /, '')}`;
  if (partitions.every(({ state }) => state === 'planned')) return 'Planned: nothing has been written';
  if (partitions.every(({ state }) => state === 'undone')) return 'Undone';
  if (partitions.length > 0 && partitions.every(({ state }) => state === 'done' || state === 'verifying') && !complete)
    return 'Delivered; not everything could be seen at the other end yet';
  if (!complete && pace !== undefined) return 'In work: not every partition is done yet';
  if (!complete) return 'Incomplete: not every partition is done';
  return exitCode === 0 ? 'Done' : 'Done, with findings';
}

function readLine({ read, undecodable, invalid, filtered }: BackfillReport): string {
  const before = Object.entries({ undecodable, invalid, 'outside the range or filtered': filtered });
  return [
    `${counted(read, 'event')} read`,
    ...before.filter(([, events]) => events > 0).map(([what, events]) => `${thousands(events)} ${what}`),
  ].join(', ');
}

async function rows(partitions: readonly BackfilledPartition[]): Promise<string[]> {
  const shown = partitions.length <= MOST_ROWS ? partitions : partitions.filter(needsLook).slice(0, MOST_ROWS);
  return tableLines(
    HEAD,
    shown.map((each) => [each.name, ...cells(each)]),
  );
}

async function planRows({ partitions, method }: BackfillReport): Promise<string[]> {
  const all = partitions.map((each, at) => planCells(each, at, method));
  const rest = all.length - MOST_ROWS;
  const lines = await tableLines(PLAN_HEAD, all.slice(0, MOST_ROWS));
  return rest > 0
    ? [...lines, `… and ${counted(rest, 'partition')} more: --plan-out or --output json has them all`]
    : lines;
}

async function tableLines(head: readonly string[], lines: readonly string[][]): Promise<string[]> {
  if (lines.length === 0) return [];
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: head.map((title) => title.replace(':', '')),
    colAligns: head.map((title) => (title.endsWith(':') ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
    chars: PLAIN,
  });
  table.push(...lines);
  return table.toString().split('\n');
}

const PLAIN = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid']
    .concat(['mid', 'mid-mid', 'right', 'right-mid'])
    .map((name) => [name, '']),
);

function needsLook({ state, rejected, carriedOver }: BackfilledPartition): boolean {
  return state !== 'done' || rejected > 0 || carriedOver !== undefined;
}

function cells(each: BackfilledPartition): string[] {
  const { state, read, accepted, duplicate, rejected, verified, lockedMs, eventsPerSecond } = each;
  return [
    state,
    ...[read, accepted, duplicate, rejected].map(thousands),
    verified ? 'yes' : '-',
    lockedMs === undefined ? '-' : `${lockedMs} ms`,
    eventsPerSecond === undefined ? '-' : thousands(eventsPerSecond),
  ];
}

function untouchedSentence(untouched: readonly string[]): string {
  const shown = untouched.slice(0, 5).join(', ');
  const more = untouched.length > 5 ? ` and ${thousands(untouched.length - 5)} more` : '';
  return `the source has nothing for ${shown}${more}: they are left as they are`;
}
