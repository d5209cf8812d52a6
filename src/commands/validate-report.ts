import { RespoolError } from '../errors.js';
import { worstExitCode } from '../report/exit-code.js';
import { counted } from '../report/text.js';
import type { Finding, ProblemGroup, ValidateDayCount, ValidateReport } from '../report/validate-report.js';
import type { Catalog } from '../schema/catalog.js';
import type { PartFailure, Source } from '../sources/source.js';
import type { Fixtures } from '../validate/fixtures.js';
import { Summary } from '../validate/summary.js';
import type { ValidationOutcome } from '../validate/validate.js';
import type { Invocation } from './command.js';
import type { ValidateOptions } from './validate.js';
import type { SchemaJudgement } from './validate-judgement.js';
import { tolerate } from './validate-tolerance.js';

/** What has been looked at, and what came of it. */
export interface Judged {
  /** What is odd in the schemas. */
  readonly lint: readonly string[];
  readonly catalog: Catalog;
  readonly files: number;
  readonly startedMs: number;
  readonly fieldNotes: readonly string[];
  readonly schemas: SchemaJudgement;
  /** Only the schemas were to be judged: that there are no events is no finding. */
  readonly isWithoutEvents?: boolean;
  /** Absent when no file was found. */
  readonly outcome?: ValidationOutcome;
  readonly source?: Source;
  readonly fixtures?: Pick<Fixtures, 'findings'>;
}

type Call = Invocation<ValidateOptions>;

/** Makes the report: adds up, judges by the thresholds and the baseline, and chooses the exit code. */
export async function reportOf(call: Call, judged: Judged): Promise<ValidateReport> {
  const { outcome, files } = judged;
  const summary = outcome?.summary ?? new Summary(0);
  const failures = (outcome?.failures ?? []).map((failure) => failureOf(failure, judged.source));
  const isComplete = failures.length === 0 && outcome?.isStopped !== true;
  const tolerance = await tolerate(call.options, summary, isComplete);
  const empty = judged.isWithoutEvents ? [] : emptiness(call, files, summary);
  const fixtures = judged.fixtures?.findings ?? [];
  const findings = [
    ...empty,
    ...fixtures,
    ...judged.schemas.findings,
    ...lintFindings(call, judged.lint),
    ...tolerance.findings,
  ];
  const { events, valid, invalid, undecodable, problems, problemCount } = summary;
  return {
    reportVersion: 1,
    command: 'validate',
    complete: isComplete,
    exitCode: worstExitCode([
      outcome?.isStopped === true ? (call.stop.exitCode ?? 130) : 0,
      failures.length > 0 ? 2 : 0,
      findings.length > 0 || tolerance.fails ? 1 : 0,
    ]),
    files,
    events,
    valid,
    invalid,
    undecodable,
    ...(summary.expectedInvalid > 0 && { expectedInvalid: summary.expectedInvalid }),
    problems,
    problemCount,
    groups: groupsOf(summary),
    names: [...summary.names.values()].filter(({ name }) => name !== '').sort((a, b) => b.events - a.events),
    findings,
    ...(failures.length > 0 && { failures }),
    warnings: warningsOf(call, judged, summary),
    notes: [...tolerance.notes, ...judged.schemas.notes, ...mutantNotes(summary)],
    ...(summary.days.size > 0 && { days: daysOf(summary) }),
    ...(call.options.mutate && { mutants: [...summary.mutants.values()] }),
    elapsedMs: Math.round(process.uptime() * 1_000 - judged.startedMs),
  };
}

/** An empty gate is not a green gate. */
function emptiness({ options }: Call, files: number, { events }: Summary): Finding[] {
  if (files === 0)
    return [{ code: 'no_files', message: 'no file was found to check: an empty gate is not a green gate' }];
  if (events >= options.minEvents) return [];
  const message = `${counted(events, 'event')} checked; --min-events is ${options.minEvents}`;
  return [{ code: 'too_few_events', message }];
}

function lintFindings({ options }: Call, lint: readonly string[]): Finding[] {
  return options.lint === 'error' ? lint.map((message) => ({ code: 'schema_lint', message })) : [];
}

function groupsOf(summary: Summary): ProblemGroup[] {
  const groups = new Map<string, { -readonly [Key in keyof ProblemGroup]: ProblemGroup[Key] }>();
  for (const { rule, pointer, message, example, count } of summary.groups.values()) {
    const key = JSON.stringify([rule, pointer]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { rule, pointer, count, message, example });
    else known.count += count;
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

function warningsOf({ options }: Call, { lint, fieldNotes, schemas }: Judged, summary: Summary): string[] {
  const { duplicateKeys, unknownNames } = summary;
  return [
    ...(options.lint === 'error' ? [] : lint),
    ...fieldNotes,
    ...schemas.warnings,
    ...(duplicateKeys > 0 ? [`${counted(duplicateKeys, 'event')} with repeated keys: the last value counts`] : []),
    ...(unknownNames > 0 ? [`${counted(unknownNames, 'event')} whose name has no schema`] : []),
  ];
}

/** Invalid events by day, in the order of time; those without one come last. */
function daysOf({ days }: Summary): ValidateDayCount[] {
  const counts = [...days].map(([day, invalid]) => (day === '' ? { invalid } : { day, invalid }));
  return counts.toSorted((a, b) => ((a.day ?? '~') < (b.day ?? '~') ? -1 : 1));
}

const DEEDS = { drop: 'be missing', null: 'be null', retype: 'be of another type' } as const;
const MOST_MUTANT_NOTES = 50;

/** Which guarantees nobody has written down, a sentence each. */
function mutantNotes({ mutants }: Summary): string[] {
  const all = [...mutants.values()];
  const rest = all.length - MOST_MUTANT_NOTES;
  return [
    ...all.slice(0, MOST_MUTANT_NOTES).map(({ name, pointer, mutation }) => {
      const whose = name === '' ? '' : `${name}: `;
      return `${whose}${pointer} may ${DEEDS[mutation]}, and the schema accepts it`;
    }),
    ...(rest > 0 ? [`${counted(rest, 'more mutant')} accepted; --output json lists them`] : []),
  ];
}

function failureOf({ part, error }: PartFailure, source: Source | undefined) {
  const label = source?.parts[part]?.label ?? '';
  if (!(error instanceof RespoolError)) return { part: label, code: 'unreadable', message: error.message };
  const { code, message, hint } = error;
  return { part: label, code, message, ...(hint !== undefined && { hint }) };
}
