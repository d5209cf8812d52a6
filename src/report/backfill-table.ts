import { calendarLines } from './backfill-calendar.js';
import type { BackfilledPartition, BackfillReport } from './backfill-report.js';
import { markdownCode, markdownTable } from './markdown.js';
import type { Style } from './output.js';
import type { Paint } from './paint.js';
import { createSections, failureLines, nextLines, problemLines } from './sections.js';
import { counted, duration, hang, thousands } from './text.js';

/** Beyond so many, only the partitions that need a look are listed one by one. */
const MOST_ROWS = 40;

/** A backfill for a person: how it stands, the calendar, a row for each partition, and what to run next. */
export async function renderBackfillTable(report: BackfillReport, style: Style): Promise<string> {
  const sections = createSections(style);
  const { paint } = sections;
  const { partitions } = report;
  sections.block([
    headline(report, paint),
    paint.dim(`backfill ${report.run} · ${report.method} into ${report.table} · ${duration(report.elapsedMs)}`),
  ]);
  sections.block([readLine(report)]);
  sections.titled('Calendar', calendarLines(partitions, paint));
  sections.block(await rows(partitions));
  sections.titled(
    'Failed',
    partitions.flatMap(({ name, error }) =>
      error === undefined
        ? []
        : [...hang(`  ${name}: `, error.message, sections.width), ...(error.hint ? [`    ${error.hint}`] : [])],
    ),
  );
  sections.titled('Not delivered', problemLines(report.problems ?? [], sections));
  sections.titled('Could not go on', failureLines(report.failures ?? [], sections));
  sections.sentences('warning', report.warnings ?? []);
  if (report.untouched.length > 0) sections.sentences('note', [untouchedSentence(report.untouched)]);
  if (report.quarantine !== undefined)
    sections.block([`Quarantine: ${report.quarantine.path} (${counted(report.quarantine.events, 'event')})`]);
  sections.titled('Next', nextLines(report.next ?? [], sections));
  return sections.end();
}

/** The same for a pull request or a chat. */
export function renderBackfillMarkdown(report: BackfillReport): string {
  const rows = report.partitions.map((each) => [markdownCode(each.name), ...cells(each)]);
  const lines = [
    `## ${sentenceOf(report)}`,
    `Run ${markdownCode(report.run)}, ${report.method} into ${markdownCode(report.table)}. ${readLine(report)}.`,
    markdownTable(HEAD, rows),
  ];
  return `${lines.join('\n\n')}\n`;
}

const HEAD = ['partition', 'state', 'read:', 'accepted:', 'duplicate:', 'rejected:', 'verified', 'locked:'];

function headline(report: BackfillReport, paint: Paint): string {
  const sentence = paint.bold(sentenceOf(report));
  if (!report.balanced) return paint.red(sentence);
  return report.complete && report.exitCode === 0 ? paint.green(sentence) : paint.yellow(sentence);
}

function sentenceOf({ balanced, stoppedBy, complete, exitCode, partitions }: BackfillReport): string {
  if (!balanced) return 'The numbers do not balance: do not trust this run';
  if (stoppedBy !== undefined) return `Stopped: ${stoppedBy.message.replace(/^stopped /, '')}`;
  if (partitions.every(({ state }) => state === 'planned')) return 'Planned: nothing has been written';
  if (partitions.every(({ state }) => state === 'undone')) return 'Undone';
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
  const { default: Table } = await import('cli-table3');
  const shown = partitions.length <= MOST_ROWS ? partitions : partitions.filter(needsLook).slice(0, MOST_ROWS);
  if (shown.length === 0) return [];
  const table = new Table({
    head: HEAD.map((title) => title.replace(':', '')),
    colAligns: HEAD.map((title) => (title.endsWith(':') ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
    chars: PLAIN,
  });
  for (const each of shown) table.push([each.name, ...cells(each)]);
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

function cells({ state, read, accepted, duplicate, rejected, verified, lockedMs }: BackfilledPartition): string[] {
  return [
    state,
    ...[read, accepted, duplicate, rejected].map(thousands),
    verified ? 'yes' : '-',
    lockedMs === undefined ? '-' : `${lockedMs} ms`,
  ];
}

function untouchedSentence(untouched: readonly string[]): string {
  const shown = untouched.slice(0, 5).join(', ');
  const more = untouched.length > 5 ? ` and ${thousands(untouched.length - 5)} more` : '';
  return `the source has nothing for ${shown}${more}: they are left as they are`;
}
