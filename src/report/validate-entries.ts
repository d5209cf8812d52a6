import { counted } from './text.js';
import type { ValidateReport } from './validate-report.js';
import { visible } from './validate-text.js';

/** One thing to show to a machine that lists things: a problem, a finding, or why there is not more to list. */
export interface ValidateEntry {
  readonly kind: 'problem' | 'finding' | 'failure';
  readonly rule: string;
  /** One line, safe to print. */
  readonly message: string;
  /** File as the user would type it. */
  readonly source?: string;
  /** From 1. */
  readonly line?: number;
  /** The same in every run that finds the same thing, wherever in its file; different for each entry of a report. */
  readonly fingerprint: string;
}

type Draft = Omit<ValidateEntry, 'fingerprint'> & { readonly about: string };

/** Everything that is wrong, the gravest first: failures, findings, problems, and how many problems are not listed. */
export function validateEntries(report: ValidateReport): readonly ValidateEntry[] {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const seen = new Map<string, number>();
  const drafts = [...failures(report), ...findings(report), ...problems(report), ...unlisted(report)];
  return drafts.map(({ about, message, ...rest }) => {
    const content = JSON.stringify([rest.kind, rest.rule, rest.source ?? '', about, message]);
    const earlier = seen.get(content) ?? 0;
    seen.set(content, earlier + 1);
    const fingerprint = createHash('sha256').update(`${content}\n${earlier}`).digest('hex');
    return { ...rest, message: visible(message), fingerprint };
  });
}

function failures({ complete, failures: failed = [] }: ValidateReport): Draft[] {
  const drafts = failed.map(({ part, code, message, hint }): Draft => {
    const text = hint === undefined ? message : `${message} (${hint})`;
    return { kind: 'failure', rule: code, source: part, message: text, about: '' };
  });
  if (complete || drafts.length > 0) return drafts;
  return [{ kind: 'failure', rule: 'incomplete', message: 'not everything could be checked', about: '' }];
}

function findings(report: ValidateReport): Draft[] {
  return report.findings.map(({ code, message, source, pointer = '', name, witness }) => ({
    kind: 'finding',
    rule: code,
    message: `${place(name, pointer)}${message}${witness === undefined ? '' : `, for example ${witness}`}`,
    ...(source === undefined ? {} : { source }),
    about: '',
  }));
}

function problems(report: ValidateReport): Draft[] {
  return report.problems.map(({ rule, source, line, name, event, pointer, message, value }) => ({
    kind: 'problem',
    rule,
    source,
    line: Math.max(1, line),
    message: `${place(name, pointer)}${message}${value === undefined ? '' : `; found ${value}`}`,
    about: event ?? '',
  }));
}

function unlisted({ problemCount, problems: { length } }: ValidateReport): Draft[] {
  if (problemCount <= length) return [];
  const message = `${counted(problemCount - length, 'more problem')} not listed; --max-problems lists more`;
  return [{ kind: 'problem', rule: 'problems_not_listed', message, about: '' }];
}

function place(name: string | undefined, pointer: string): string {
  const words = [...(name === undefined ? [] : [name]), ...(pointer === '' ? [] : [pointer])];
  return words.length === 0 ? '' : `${words.join(' ')}: `;
}
