import { bullets, markdownCode, markdownSection, markdownTable, problemTable } from './markdown.js';
import type { Plan, PlannedSink } from './plan.js';
import { repairMarkdown, repairSentence } from './plan-repairs.js';
import { deliverySentence } from './plan-sentence.js';
import { bytes, counted, thousands } from './text.js';

/** The most files, names or days that the text lists. */
const mostRows = 50;

/** A plan for a pull request or a ticket. */
export function renderPlanMarkdown(plan: Plan): string {
  const parts = [
    `## respool ${plan.command}: dry run, nothing was touched`,
    summary(plan),
    ...markdownSection('Files', fileTable(plan)),
    ...markdownSection('Fields', fieldTable(plan)),
    ...markdownSection(
      'Events by name',
      countTable(
        'name',
        plan.names.map(({ name, events }) => [name, events]),
      ),
    ),
    ...markdownSection(
      'Events by day (UTC)',
      countTable(
        'day',
        plan.days.map(({ day, events }) => [day, events]),
      ),
    ),
    ...plan.sinks.flatMap((sink) => markdownSection(sink.name, sinkLines(sink))),
    ...markdownSection(
      'Repairs',
      plan.repairs === undefined ? [] : [repairSentence(plan), '', ...plan.repairs.flatMap(repairMarkdown)],
    ),
    ...markdownSection('Would be refused', problemTable(plan.problems)),
    ...markdownSection('Warnings', bullets(plan.warnings)),
    ...markdownSection('Notes', bullets(plan.notes)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function summary(plan: Plan): string {
  const { undecodable, invalid, filtered } = plan;
  const rest = `${thousands(undecodable)} undecodable, ${thousands(invalid)} invalid, ${thousands(filtered)} filtered`;
  return `${deliverySentence(plan, markdownCode)}; ${rest}`;
}

function fileTable({ files }: Plan): string[] {
  const rows = files
    .slice(0, mostRows)
    .map(({ path, format, compression, bytes: size, events }) => [
      markdownCode(path),
      [format ?? '', compression ?? ''].filter((word) => word !== '').join(', '),
      size === undefined ? '' : bytes(size),
      events === undefined ? '' : thousands(events),
    ]);
  const rest = files.length - rows.length;
  return files.length === 0
    ? []
    : [markdownTable(['file', 'format', 'size:', 'events:'], rows), ...(rest > 0 ? [`\n… and ${rest} more`] : [])];
}

function fieldTable({ fields }: Plan): string[] {
  const rows = fields.map(({ field, pointer, why }) => [
    field,
    pointer === undefined ? '' : markdownCode(pointer),
    why,
  ]);
  return rows.length === 0 ? [] : [markdownTable(['field', 'pointer', 'why'], rows)];
}

function countTable(what: string, counts: readonly (readonly [string, number])[]): string[] {
  const rows = counts.slice(0, mostRows).map(([key, events]) => [key || '(none)', thousands(events)]);
  const rest = counts.length - rows.length;
  return counts.length === 0
    ? []
    : [markdownTable([what, 'events:'], rows), ...(rest > 0 ? [`\n… and ${rest} more`] : [])];
}

function sinkLines({ label, partitions, refused, notes, warnings }: PlannedSink): string[] {
  const made =
    partitions.length === 0 ? [] : [`makes ${counted(partitions.length, 'partition')}: ${partitions.join(', ')}`];
  const refuses = refused === 0 ? [] : [`refuses ${counted(refused, 'event')} of those that it would be handed`];
  return bullets([markdownCode(label), ...made, ...refuses, ...notes, ...warnings]);
}
