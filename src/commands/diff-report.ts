import { describeRule } from '../diff/identity.js';
import { describeKey, valueAtExact, valueText } from '../diff/key-text.js';
import type { DiffExample, DiffOutcome, FieldCount, HourCount } from '../diff/outcome.js';
import { createReading } from '../diff/reading.js';
import type { TextPlace } from '../diff/rows.js';
import type { Side } from '../diff/side.js';
import { sourcePart } from '../diff/text-store.js';
import { RespoolError } from '../errors.js';
import { parseExact } from '../event/exact.js';
import type { DiffCount, DiffExampleShown, DiffPlaceShown, DiffReport, DiffSideShown } from '../report/diff-report.js';
import { worstExitCode } from '../report/exit-code.js';
import { counted } from '../report/text.js';
import type { Invocation } from './command.js';
import type { DiffOptions } from './diff.js';
import { judge } from './diff-limits.js';
import { type OpenDiff, sideLabel } from './diff-open.js';

/** What has been compared, and what came of it. */
export interface Compared {
  readonly run: string;
  readonly open: OpenDiff;
  readonly left: Side;
  readonly right: Side;
  readonly outcome: DiffOutcome;
  readonly noise: readonly FieldCount[] | undefined;
  readonly emitted: NonNullable<DiffReport['emitted']>;
  readonly startedMs: number;
}

type Call = Invocation<DiffOptions>;

/** The most that is shown of an event's text. */
const MOST_TEXT = 4_000;

/** Makes the report: adds up, judges by the thresholds, and chooses the exit code. */
export function reportOf(call: Call, compared: Compared): DiffReport {
  const { run, open, left, right, outcome, noise, emitted, startedMs } = compared;
  const failures = [...failuresOf(left), ...failuresOf(right)];
  const isStopped = left.isStopped || right.isStopped;
  const unreadable = left.unreadable + right.unreadable;
  const verdict = judge(call.options, outcome);
  const { hours: byHour, examples: found, fields, settling, ...counts } = outcome;
  const balanced = isBalanced(outcome);
  return {
    reportVersion: 1,
    command: 'diff',
    run,
    complete: failures.length === 0 && unreadable === 0 && !isStopped,
    balanced,
    exitCode: worstExitCode([
      isStopped ? (call.stop.exitCode ?? 130) : 0,
      unreadable > 0 || !balanced ? 2 : 0,
      ...[...left.failures, ...right.failures].map(({ error }) => (error instanceof RespoolError ? error.exitCode : 2)),
      verdict.fails || verdict.findings.length > 0 ? 1 : 0,
    ]),
    ...counts,
    fields,
    settling,
    names: outcome.names.map(({ name, ...rest }) => ({ label: name, ...rest })),
    days: daysOf(byHour),
    hours: byHour.map(({ hour, ...rest }) => ({ label: labelOf(hour), ...rest })),
    examples: found.map((example) => shown(example, compared)),
    sides: { left: sideOf(call, left, 0), right: sideOf(call, right, 1) },
    key: describeRule(open.identity.key, open.identity.left.id?.pointer),
    ...checksumsOf(left, right),
    ...(noise !== undefined && { noise }),
    ...(emitted.length > 0 && { emitted }),
    findings: verdict.findings,
    ...(failures.length > 0 && { failures }),
    warnings: warningsOf(compared),
    notes: open.identity.notes,
    elapsedMs: Math.round(performance.now() - startedMs),
  };
}

/** Rows of tables that were held against each other by checksums, and how many of them had to be sent. */
function checksumsOf(left: Side, right: Side): Pick<DiffReport, 'checksums'> {
  const sides = left.known + right.known > 0 ? [left, right] : [left, right].filter(({ unsent }) => unsent > 0);
  if (sides.length === 0) return {};
  const compared = sides.reduce((sum, { events, known }) => sum + events + known, 0);
  return { checksums: { compared, fetched: sides.reduce((sum, { events, unsent }) => sum + events - unsent, 0) } };
}

function isBalanced({ left, right, equal, changed, missing, extra, settling }: DiffOutcome): boolean {
  return left === equal + changed + missing + settling.left && right === equal + changed + extra + settling.right;
}

function failuresOf({ failures, source }: Side) {
  return failures.map(({ part: at, error }) => {
    const part = source.parts[at]?.label ?? source.label;
    if (!(error instanceof RespoolError)) return { part, code: 'source_unreadable', message: error.message };
    const { code, message, hint } = error;
    return { part, code, message, ...(hint !== undefined && { hint }) };
  });
}

const HOUR_MS = 3_600_000;

function labelOf(hour: number): string {
  const date = new Date(hour * HOUR_MS);
  return Number.isNaN(date.getTime()) ? '' : `${date.toISOString().slice(0, 13)}:00Z`;
}

function daysOf(hours: readonly HourCount[]): DiffCount[] {
  const days = new Map<string, { missing: number; extra: number; changed: number }>();
  for (const { hour, missing, extra, changed } of hours) {
    const day = labelOf(hour).slice(0, 10);
    const known = days.get(day) ?? { missing: 0, extra: 0, changed: 0 };
    days.set(day, {
      missing: known.missing + missing,
      extra: known.extra + extra,
      changed: known.changed + changed,
    });
  }
  return [...days].map(([label, counts]) => ({ label, ...counts }));
}

function sideOf(call: Call, side: Side, at: 0 | 1): DiffSideShown {
  const { source, events, known, filtered, unreadable, unreadableExamples, firstUs, lastUs } = side;
  const [first, last] = [timeText(firstUs), timeText(lastUs)];
  return {
    label: sideLabel(call, call.args[at] ?? ''),
    parts: source.parts.length,
    events: events + known,
    filtered,
    unreadable,
    ...(unreadable > 0 && { unreadableExamples }),
    ...(first !== undefined && { first }),
    ...(last !== undefined && { last }),
  };
}

function timeText(timeUs: number): string | undefined {
  const date = new Date(timeUs / 1_000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function shown(example: DiffExample, { open, left, right }: Compared): DiffExampleShown {
  const { kind, class: className, name, timeUs, differences } = example;
  const sideName = example.left === undefined ? 'right' : 'left';
  const place = example.left ?? example.right;
  const text = place === undefined ? '' : (sideName === 'left' ? left : right).texts.read(place).toString('utf8');
  const time = timeText(timeUs);
  return {
    kind,
    class: className,
    key: keyOf(text, sideName, open),
    ...(name !== '' && { name }),
    ...(time !== undefined && { time }),
    ...(example.left !== undefined && { left: placeOf(example.left, left) }),
    ...(example.right !== undefined && { right: placeOf(example.right, right) }),
    differences: differences.map(({ pointer, left: before, right: after }) => ({
      pointer,
      ...(before !== undefined && { left: before.slice(0, MOST_TEXT) }),
      ...(after !== undefined && { right: after.slice(0, MOST_TEXT) }),
    })),
  };
}

function keyOf(text: string, side: 'left' | 'right', { identity, rules }: OpenDiff): string {
  if (text === '') return '';
  const reading = createReading({ ...rules, ignore: [], only: [], nullIsMissing: false, columns: [] });
  const value = reading.read(parseExact(text), side);
  const id = identity.left.id?.pointer;
  const isId = identity.key.kind === 'id' && id !== undefined;
  return isId ? valueText(valueAtExact(value, id)) : describeKey(identity.key, value);
}

function placeOf(place: TextPlace, { source, texts }: Side): DiffPlaceShown {
  const label = source.parts[sourcePart(place)]?.label ?? source.label;
  const text = texts.read(place).toString('utf8');
  return { source: label, line: place.line, text: text.slice(0, MOST_TEXT) };
}

function warningsOf({ open, left, right }: Compared): string[] {
  const warnings = [...open.identity.warnings];
  for (const [name, side] of [['left', left] as const, ['right', right] as const]) {
    const { derivedIds, withoutTime, duplicateKeys, whereErrors, whereExample, unreadable } = side;
    if (unreadable > 0) warnings.push(`${name}: ${counted(unreadable, 'record')} could not be read`);
    if (derivedIds > 0 && open.identity.key.kind === 'id') {
      warnings.push(`${name}: ${counted(derivedIds, 'event')} without an id: known by their content`);
    }
    if (withoutTime > 0 && open.identity[name].time !== undefined) {
      warnings.push(`${name}: ${counted(withoutTime, 'event')} without a usable time`);
    }
    if (duplicateKeys > 0) {
      warnings.push(`${name}: ${counted(duplicateKeys, 'event')} repeat a member's name; the last one counts`);
    }
    if (whereErrors > 0) {
      const why = whereExample ?? '';
      warnings.push(`${name}: --where could not be evaluated on ${counted(whereErrors, 'event')}, left out (${why})`);
    }
  }
  return warnings;
}
