import type { Style } from './output.js';
import type { Plan, PlannedFile, PlannedSink } from './plan.js';
import { repairLines, repairSentence } from './plan-repairs.js';
import { deliverySentence } from './plan-sentence.js';
import { createSections, fieldLines, moreLine, problemLines, type Sections } from './sections.js';
import { bytes, counted, duration, hang, percent, shorten, thousands } from './text.js';

/** The most files, names, days or partitions that a table shows. */
const mostRows = 20;

/** A plan for a person: what would be delivered, and everything that would not. */
export function renderPlanTable(plan: Plan, style: Style): string {
  const sections = createSections(style);
  const { paint } = sections;
  sections.block([paint.bold('Dry run: nothing was touched'), paint.dim(facts(plan))]);
  sections.block(whatWouldHappen(plan, sections));
  sections.titled(isQueue(plan) ? 'Queue' : 'Files', fileLines(plan.files, sections));
  sections.titled('Fields', fieldLines(plan.fields, sections));
  sections.titled(
    'Events by name',
    barLines(
      'name',
      plan.names.map(({ name, events }) => [name || '(none)', events]),
      sections,
    ),
  );
  sections.titled(
    'Events by day (UTC)',
    barLines(
      'day',
      plan.days.map(({ day, events }) => [day, events]),
      sections,
    ),
  );
  for (const sink of plan.sinks) sections.titled(sink.name, sinkLines(sink, sections));
  sections.titled('Repairs', repairLines(plan, sections));
  sections.titled('Would be refused', problemLines(plan.problems, sections));
  sections.sentences('warning', [...new Set([...plan.warnings, ...plan.sinks.flatMap(({ warnings }) => warnings)])]);
  sections.sentences('note', plan.notes);
  return sections.end();
}

function facts({ command, files, elapsedMs }: Plan): string {
  const size = files.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
  const parts = isQueue({ files }) ? [] : [counted(files.length, 'file')];
  return [command, ...parts, ...(size > 0 ? [bytes(size)] : []), duration(elapsedMs)].join(' · ');
}

function whatWouldHappen(plan: Plan, { paint, width }: Sections): string[] {
  const rest = [
    ['undecodable', plan.undecodable],
    ['invalid', plan.invalid],
    ['filtered', plan.filtered],
  ] as const;
  const left = rest.filter(([, events]) => events > 0).map(([what, events]) => `${thousands(events)} ${what}`);
  const would = deliverySentence(plan, (label) => label);
  const repaired = plan.repairs === undefined ? [] : [repairSentence(plan)];
  return [...hang('', would, width).map(paint.bold), ...repaired, ...(left.length === 0 ? [] : [left.join(', ')])];
}

/** Letters are what a queue holds; it is the only part of its source. */
function isQueue({ files }: Pick<Plan, 'files'>): boolean {
  return files.length === 1 && files[0]?.format === 'letters';
}

function fileLines(files: readonly PlannedFile[], { width }: Sections): string[] {
  const shown = files.slice(0, mostRows);
  const rows = shown.map(({ path, format, compression, bytes: size, events }) => [
    path,
    [format ?? 'unknown', ...(compression === undefined ? [] : [compression])].join(', '),
    size === undefined ? '' : bytes(size),
    events === undefined ? '' : counted(events, 'event'),
  ]);
  const lines = alignColumns(rows, width - 2).map((line) => `  ${line}`);
  return [...lines, ...moreLine(files.slice(mostRows), 'file', 'files')];
}

/** Pads every column but the last; the first one, a path, gives way when the line gets too long. */
function alignColumns(rows: readonly (readonly string[])[], width: number): string[] {
  const widths = [0, 1, 2, 3].map((at) => Math.max(0, ...rows.map((row) => row[at]?.length ?? 0)));
  const others = widths.slice(1).reduce((sum, each) => sum + each + 2, 0);
  const first = Math.max(12, Math.min(widths[0] ?? 0, width - others));
  return rows.map(([path = '', format = '', size = '', events = '']) =>
    [
      keepEnd(path, first).padEnd(first),
      format.padEnd(widths[1] ?? 0),
      size.padStart(widths[2] ?? 0),
      events.padStart(widths[3] ?? 0),
    ]
      .join('  ')
      .trimEnd(),
  );
}

/** The end of a path says more than its beginning. */
function keepEnd(path: string, width: number): string {
  return path.length <= width ? path : `…${path.slice(path.length - width + 1)}`;
}

type Bar = readonly [label: string, events: number];

function barLines(what: string, rows: readonly Bar[], { paint, width }: Sections): string[] {
  const shown = rows.slice(0, mostRows);
  const total = rows.reduce((sum, [, events]) => sum + events, 0);
  const most = Math.max(1, ...shown.map(([, events]) => events));
  const nameWidth = Math.min(40, Math.max(...shown.map(([name]) => name.length), 4));
  const countWidth = Math.max(...shown.map(([, events]) => thousands(events).length), 1);
  const barWidth = Math.max(0, Math.min(24, width - nameWidth - countWidth - 16));
  const lines = shown.map(([name, events]) => {
    const bar = '▇'.repeat(Math.round((barWidth * events) / most));
    const left = `  ${shorten(name, nameWidth).padEnd(nameWidth)}  ${thousands(events).padStart(countWidth)}`;
    return `${left}  ${percent(events, total).padStart(7)}  ${paint.cyan(bar)}`.trimEnd();
  });
  const rest = rows.slice(mostRows).map(([, events]) => ({ events }));
  return [...lines, ...moreLine(rest, what, `${what}s`)];
}

function sinkLines({ label, partitions, refused, notes }: PlannedSink, { paint, width }: Sections): string[] {
  const names = partitions.slice(0, mostRows).join(', ') + (partitions.length > mostRows ? ', …' : '');
  const made = partitions.length === 0 ? [] : [`makes ${counted(partitions.length, 'partition')}: ${names}`];
  const refuses = refused === 0 ? [] : [`refuses ${counted(refused, 'event')} of those that it would be handed`];
  return [
    ...hang('  ', label, width).map(paint.dim),
    ...[...made, ...refuses, ...notes].flatMap((sentence) => hang('  ', sentence, width)),
  ];
}
