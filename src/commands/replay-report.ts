import { join } from 'node:path';
import { RespoolError } from '../errors.js';
import type { FieldChoice } from '../event/fields.js';
import type { Accounts } from '../flow/accounts.js';
import type { ReplayOutcome } from '../flow/replay.js';
import { writeDurably } from '../flow/state/durable.js';
import type { StoredRun } from '../flow/state/run-record.js';
import { checkBalance } from '../report/balance.js';
import { worstExitCode } from '../report/exit-code.js';
import type { FieldUsed, ProblemCount, ReplayReport, SliceCounts, SourceReport } from '../report/report.js';
import { counted } from '../report/text.js';
import type { PartFailure } from '../sources/source.js';
import type { Invocation } from './command.js';
import { nextCommands } from './replay-next.js';
import type { OpenReplay } from './replay-open.js';
import type { ReplayOptions } from './replay-options.js';
import { countRefused, tooManyRejected } from './too-many-rejected.js';

interface Ending {
  readonly open: OpenReplay;
  readonly run: StoredRun;
  readonly outcome: ReplayOutcome;
  readonly elapsedMs: number;
  /** How the slices stand that workers were given; absent where one process did it all. */
  readonly slices?: SliceCounts;
  /** What the sinks of workers have found out. */
  readonly found?: readonly string[];
}

type Call = Invocation<ReplayOptions>;

/** Makes the report of a run that has ended, and writes it as the run's receipt. */
export async function reportOf(call: Call, ending: Ending): Promise<ReplayReport> {
  const report = buildReport(call, ending);
  const balance = checkBalance(report);
  const whole: ReplayReport = {
    ...report,
    balanced: balance.length === 0,
    exitCode: balance.length === 0 ? report.exitCode : worstExitCode([report.exitCode, 2]),
    warnings: [...balance, ...(report.warnings ?? [])],
  };
  await writeDurably(join(ending.run.folder, 'receipt.json'), `${JSON.stringify(whole, undefined, 2)}\n`);
  return whole;
}

function buildReport(
  call: Call,
  { open, run, outcome, elapsedMs, slices, found = [] }: Ending,
): Omit<ReplayReport, 'balanced'> {
  const { accounts, stoppedBy, storedBytes } = outcome;
  const failures = failuresOf(open, outcome);
  const { record, position } = run;
  const seconds = Math.max(elapsedMs, 1) / 1_000;
  const unsent = accounts.sinks.some((sink) => sink.unsent > 0);
  const isLeft = slices !== undefined && slices.done < slices.slices;
  const whole = (stoppedBy === undefined || stoppedBy.code === 'limit') && !isLeft;
  const resumed = position === undefined ? 0 : position.resumed + 1;
  return {
    reportVersion: 1,
    command: 'replay',
    run: record.id,
    complete: whole && !unsent && failures.length === 0,
    exitCode: exitCodeOf(call, open, outcome),
    read: accounts.read,
    undecodable: accounts.undecodable,
    filtered: accounts.filtered,
    invalid: accounts.invalid,
    repaired: accounts.repaired,
    ...(accounts.added > 0 && { added: accounts.added }),
    ...(accounts.dropped > 0 && { dropped: accounts.dropped }),
    sinks: accounts.sinks.map((sink, at) => ({ name: open.sinks[at]?.name ?? sink.label, ...sink })),
    quarantine: { path: record.quarantine, events: accounts.quarantined },
    source: sourceReport(open.source, storedBytes),
    ...(slices !== undefined && { slices }),
    elapsedMs: Math.round(elapsedMs),
    throughput: {
      eventsPerSecond: Math.round(accounts.read / seconds),
      bytesPerSecond: Math.round(storedBytes / seconds),
    },
    fields: fieldsUsed(open),
    problems: problemsOf(open, accounts),
    failures: [
      ...failures.map(({ part, error }) => failureOf(open.source.parts[part]?.label ?? '', error)),
      ...deadSinks(outcome),
    ],
    warnings: [...new Set([...warningsOf(call, { open, accounts }), ...found])],
    notes: [...(open.source.notes ?? []), ...(open.source.tally?.().notes ?? [])],
    next: nextCommands(call, {
      stoppedBy,
      isUnsent: unsent || isLeft,
      isUnknown: accounts.sinks.some(({ unknown }) => unknown > 0),
      isQueue: open.source.settles === 'messages',
      quarantine: accounts.quarantined > 0 ? record.quarantine : undefined,
    }),
    ...(stoppedBy !== undefined && stoppedBy.code !== 'limit' && { stoppedBy }),
    ...(resumed > 0 && { resumed }),
  };
}

/** What of the source could not be read, or not be removed. */
function failuresOf({ source }: OpenReplay, { failures }: ReplayOutcome): readonly PartFailure[] {
  const error = source.tally?.().failure;
  if (error === undefined || failures.some((failure) => failure.error === error)) return failures;
  return [...failures, { kind: 'failure', part: 0, error }];
}

function sourceReport({ label, parts, standing, tally }: OpenReplay['source'], bytes: number): SourceReport {
  const { acked, left, elsewhere } = tally?.() ?? { acked: 0, left: 0 };
  const ready = standing?.ready;
  return {
    acked,
    left,
    ...(elsewhere !== undefined && { elsewhere }),
    ...(ready !== undefined && { ready }),
    label,
    parts: parts.length,
    bytes,
  };
}

function exitCodeOf({ options, stop }: Call, open: OpenReplay, outcome: ReplayOutcome): number {
  const { accounts, stoppedBy, deadSinks } = outcome;
  const codes: number[] = [];
  if ((open.source.tally?.().comesBack ?? 0) > 0) codes.push(4);
  if (stoppedBy?.code === 'interrupted') codes.push(stop.exitCode ?? 130);
  if (
    stoppedBy?.code === 'max_rejected' ||
    stoppedBy?.code === 'canary' ||
    tooManyRejected(options.maxRejected, accounts)
  )
    codes.push(1);
  for (const { error } of failuresOf(open, outcome)) codes.push(error instanceof RespoolError ? error.exitCode : 2);
  for (const { error } of deadSinks) codes.push('cure' in error && error.cure === 'mend' ? 2 : 4);
  if (accounts.sinks.some(({ unknown }) => unknown > 0)) codes.push(2);
  // Without a dead sink and with nothing stopped, these are events that a sink holds back for later.
  if (stoppedBy === undefined && accounts.sinks.some(({ unsent }) => unsent > 0)) codes.push(4);
  if (countRefused(accounts) > 0) codes.push(1);
  if (options.minEvents !== undefined && accounts.read < options.minEvents) codes.push(1);
  return worstExitCode(codes);
}

/** Which field gave each part of the identity, and why. */
export function fieldsUsed({ fields }: OpenReplay): FieldUsed[] {
  const used = (field: FieldUsed['field'], choice: FieldChoice | undefined, otherwise: string): FieldUsed =>
    choice === undefined ? { field, why: otherwise } : { field, pointer: choice.text, why: choice.why };
  return [
    used('id', fields.id, 'derived from the content'),
    used('name', fields.name, 'none found'),
    used('time', fields.time, 'none found'),
    used('user', fields.user, 'none found'),
  ];
}

/** The kinds of problem, most frequent first, with the sinks' short names. */
export function problemsOf({ sinks }: OpenReplay, { problems }: Accounts): readonly ProblemCount[] {
  const names = new Map(sinks.map(({ label, name }) => [label, name]));
  return problems
    .map(({ stage, ...problem }) => ({ ...problem, stage: names.get(stage) ?? stage }))
    .toSorted((a, b) => b.events - a.events);
}

/** An error as it stands in a report. */
function failureOf(part: string, error: Error) {
  const { code, hint } = error instanceof RespoolError ? error : { code: 'failed', hint: undefined };
  // Messages of sources begin with the part's name, which stands in its own field here.
  const message = error.message.startsWith(`${part}: `) ? error.message.slice(part.length + 2) : error.message;
  return { part, code, message, ...(hint !== undefined && { hint }) };
}

function deadSinks({ deadSinks: dead }: ReplayOutcome) {
  return dead.map(({ sink, error }) => ({ ...failureOf(sink.label, error), ...cureOf(error) }));
}

function cureOf(error: Error) {
  return 'cure' in error && error.cure === 'mend'
    ? { code: 'sink_refused', hint: 'mend that, then run the same command again: it goes on where it was' }
    : { code: 'sink_unavailable', hint: 'run the same command again once it is back: it goes on where it was' };
}

/** Everything about the events that a user should know, in sentences. */
export function warningsOf({ options }: Call, { open, accounts }: { open: OpenReplay; accounts: Accounts }): string[] {
  const { derivedIds, withoutTime, unknownNames, whereErrors, whereExample, duplicateKeys, read } = accounts;
  const warnings = [...open.warnings, ...open.sinks.flatMap((sink) => sink.describe().warnings)];
  if (derivedIds > 0) warnings.push(`${counted(derivedIds, 'event')} without an id: it was derived from the content`);
  if (withoutTime > 0) {
    const cure = open.fields.time === undefined ? ': no time field was found; --time names it' : '';
    warnings.push(`${counted(withoutTime, 'event')} without a usable time${cure}`);
  }
  if (unknownNames > 0) warnings.push(`${counted(unknownNames, 'event')} with a name that the schema does not know`);
  if (whereErrors > 0) {
    warnings.push(
      `--where could not be evaluated on ${counted(whereErrors, 'event')}, left out (${whereExample ?? ''})`,
    );
  }
  if (duplicateKeys > 0) {
    warnings.push(
      `${counted(duplicateKeys, 'event')} repeat a key; the last one counts (${accounts.duplicateKeyExample})`,
    );
  }
  if (options.minEvents !== undefined && read < options.minEvents) {
    warnings.push(`${counted(read, 'event')} read, --min-events ${options.minEvents} were expected`);
  }
  return warnings;
}
