import type { Style } from './output.js';
import type { Paint } from './paint.js';
import { queueSentence } from './queue-sentence.js';
import type { ReplayReport, SinkReport } from './report.js';
import { createSections, failureLines, nextLines, problemLines, type Sections } from './sections.js';
import { bytes, counted, duration, hang, shorten, thousands } from './text.js';

/** A report for a person: what happened, a row for each sink, what was wrong, and what to run next. */
export async function renderReplayTable(report: ReplayReport, style: Style): Promise<string> {
  const sections = createSections(style);
  const { paint } = sections;
  sections.block([headline(report, paint), paint.dim(facts(report))]);
  sections.block([readLine(report, paint), ...(await sinkTable(report, sections))]);
  sections.block(queueLines(report, sections));
  sections.titled('Not delivered', problemLines(report.problems ?? [], sections));
  sections.titled('Could not go on', failureLines(report.failures ?? [], sections));
  sections.sentences('warning', report.warnings ?? []);
  sections.sentences('note', report.notes ?? []);
  sections.block(quarantineLines(report));
  sections.titled('Next', nextLines(report.next ?? [], sections));
  return sections.end();
}

function headline(report: ReplayReport, paint: Paint): string {
  const { stoppedBy, exitCode } = report;
  if (!report.balanced) return paint.red(paint.bold('The numbers do not balance: do not trust this run'));
  if (stoppedBy !== undefined)
    return paint.yellow(paint.bold(`Stopped: ${stoppedBy.message.replace(/^stopped /, '')}`));
  if (!report.complete) return paint.yellow(paint.bold(`Incomplete: ${whyIncomplete(report)}`));
  if (exitCode === 4) return paint.yellow(paint.bold('Delivered, and what could not be removed comes back'));
  if (exitCode !== 0) return paint.yellow(paint.bold('Done, with findings'));
  const { elsewhere = 0 } = report.source;
  if (elsewhere > 0)
    return paint.yellow(
      paint.bold(`Done with what could be received: ${counted(elsewhere, 'message')} held elsewhere`),
    );
  return paint.green(paint.bold('Done'));
}

function whyIncomplete({ read, sinks, slices, source, failures = [] }: ReplayReport): string {
  if (sinks.some(({ unsent }) => unsent > 0)) return 'not every event has a verdict';
  if (read === 0 && failures.length > 0) return 'nothing was read';
  if (slices !== undefined && slices.done < slices.slices) return 'not every slice is done';
  if (failures.length === 0) return 'not everything was read';
  const isQueue = source.ready !== undefined || source.acked + source.left > 0;
  return `every event that was read has a verdict, but not everything could be read${isQueue ? ', or removed from its queue' : ''}`;
}

function facts({ command, run, elapsedMs, throughput, source, resumed }: ReplayReport): string {
  return [
    `${command} ${run}`,
    ...(resumed ? [`resumed ${resumed === 1 ? 'once' : `${resumed} times`}`] : []),
    duration(elapsedMs),
    ...(throughput === undefined ? [] : [`${thousands(throughput.eventsPerSecond)} events/s`]),
    ...(source.bytes === undefined ? [] : [bytes(source.bytes)]),
  ].join(' · ');
}

/** What was read, and what never came to a sink. */
function readLine(report: ReplayReport, paint: Paint): string {
  const before = [
    ['undecodable', report.undecodable],
    ['invalid', report.invalid],
    ['dropped', report.dropped ?? 0],
    ['filtered', report.filtered],
  ] as const;
  const parts = before
    .filter(([, events]) => events > 0)
    .map(([what, events]) => {
      const text = `${thousands(events)} ${what}`;
      return what === 'filtered' || what === 'dropped' ? text : paint.red(text);
    });
  const changes = [
    ...(report.repaired > 0 ? [`${thousands(report.repaired)} repaired`] : []),
    ...(report.added ? [`${thousands(report.added)} added`] : []),
  ];
  return [`${counted(report.read, 'event')} read`, ...changes, ...parts].join(', ');
}

const columns = ['accepted', 'duplicate', 'rejected', 'unknown', 'unsent'] as const;

async function sinkTable(
  { sinks }: ReplayReport,
  { paint, width }: { paint: Paint; width: number },
): Promise<string[]> {
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: ['sink', ...columns].map(paint.bold),
    colAligns: ['left', ...columns.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  const marks = {
    accepted: paint.green,
    duplicate: asIs,
    rejected: paint.red,
    unknown: paint.red,
    unsent: paint.yellow,
  };
  for (const sink of sinks) {
    const cells = columns.map((column) => {
      const text = thousands(sink[column]);
      return sink[column] > 0 ? marks[column](text) : paint.dim(text);
    });
    table.push([shorten(sinkName(sink, sinks), width - 62), ...cells]);
  }
  return [table.toString()];
}

/** The short name, or the address where two sinks share a name. */
function sinkName(sink: SinkReport, sinks: readonly SinkReport[]): string {
  const isAlone = sinks.filter(({ name }) => name === sink.name).length === 1;
  return isAlone ? sink.name : (sink.label ?? sink.name);
}

function queueLines({ source }: ReplayReport, { width }: Sections): string[] {
  const sentence = queueSentence(source);
  return sentence === undefined ? [] : hang('', sentence, width);
}

function quarantineLines({ quarantine }: ReplayReport): string[] {
  if (quarantine === undefined || quarantine.events === 0) return [];
  return [`${counted(quarantine.events, 'event')} kept in quarantine:`, `  ${quarantine.path}`];
}

function asIs(text: string): string {
  return text;
}
