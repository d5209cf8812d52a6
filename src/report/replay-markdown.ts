import { bullets, markdownCode, markdownSection, markdownTable, problemTable } from './markdown.js';
import { queueSentence } from './queue-sentence.js';
import type { ReplayReport } from './report.js';
import { counted, duration, thousands } from './text.js';

/** A report for a pull request or a ticket. */
export function renderReplayMarkdown(report: ReplayReport): string {
  const parts = [
    `## respool ${report.command}: ${headline(report)}`,
    summary(report),
    sinkTable(report),
    ...queue(report),
    ...markdownSection('Not delivered', problemTable(report.problems)),
    ...markdownSection('Could not go on', bullets(report.failures?.map(({ part, message }) => `${part}: ${message}`))),
    ...markdownSection('Warnings', bullets(report.warnings)),
    ...markdownSection('Notes', bullets(report.notes)),
    ...quarantine(report),
    ...markdownSection('Next', nextCommands(report)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function headline({ balanced, complete, exitCode, stoppedBy, source }: ReplayReport): string {
  if (!balanced) return 'the numbers do not balance';
  if (stoppedBy !== undefined) return `stopped, ${stoppedBy.message}`;
  if (!complete) return 'incomplete';
  if (exitCode !== 0) return 'done, with findings';
  return source.elsewhere === undefined ? 'done' : 'done with what could be received';
}

function summary({ run, elapsedMs, read, undecodable, invalid, filtered }: ReplayReport): string {
  const counts = [
    `${counted(read, 'event')} read`,
    `${thousands(undecodable)} undecodable`,
    `${thousands(invalid)} invalid`,
    `${thousands(filtered)} filtered`,
  ];
  return `${counts.join(', ')}, in ${duration(elapsedMs)} (run ${markdownCode(run)})`;
}

function sinkTable({ sinks }: ReplayReport): string {
  const head = ['sink', 'accepted:', 'duplicate:', 'rejected:', 'unknown:', 'unsent:'];
  const rows = sinks.map(({ name, label, accepted, duplicate, rejected, unknown, unsent }) => [
    label ?? name,
    ...[accepted, duplicate, rejected, unknown, unsent].map(thousands),
  ]);
  return markdownTable(head, rows);
}

function queue({ source }: ReplayReport): string[] {
  const sentence = queueSentence(source);
  return sentence === undefined ? [] : [sentence];
}

function quarantine({ quarantine: kept }: ReplayReport): string[] {
  return kept === undefined || kept.events === 0
    ? []
    : [`${counted(kept.events, 'event')} kept in ${markdownCode(kept.path)}`];
}

function nextCommands({ next = [] }: ReplayReport): string[] {
  return next.length === 0 ? [] : ['```sh', ...next.flatMap(({ command, why }) => [`# ${why}`, command]), '```'];
}
