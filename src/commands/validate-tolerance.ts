import { UsageError } from '../errors.js';
import { counted } from '../report/text.js';
import type { Finding } from '../report/validate-report.js';
import { compareBaseline, findingsOf, readBaseline, writeBaseline } from '../validate/baseline.js';
import type { Summary } from '../validate/summary.js';
import type { ValidateOptions } from './validate.js';
import type { NamedThreshold } from './values.js';

/** What thresholds and baseline make of the invalid events. */
export interface Tolerance {
  /** Whether the events alone make the exit code 1. */
  readonly fails: boolean;
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

/**
 * Judges the events that are not what they should be: by the baseline when there is one, else by `--max-invalid`, else
 * each of them is one too many.
 * @param isComplete whether all was read; what could not be read is not gone from a baseline.
 */
export async function tolerate(options: ValidateOptions, summary: Summary, isComplete: boolean): Promise<Tolerance> {
  if (options.baseline !== undefined) return byBaseline(options.baseline, { options, summary, isComplete });
  if (options.updateBaseline) {
    throw new UsageError('--update-baseline needs --baseline <file>', {
      code: 'missing_option',
      hint: 'name the file',
    });
  }
  const findings = options.maxInvalid.flatMap((limit) => exceeded(limit, summary));
  const hasOverall = options.maxInvalid.some(({ name }) => name === undefined);
  return { fails: !hasOverall && unnamed(options.maxInvalid, summary) > 0, findings, notes: [] };
}

interface Judging {
  readonly options: ValidateOptions;
  readonly summary: Summary;
  readonly isComplete: boolean;
}

async function byBaseline(path: string, { options, summary, isComplete }: Judging): Promise<Tolerance> {
  const found = findingsOf(summary.groups.values());
  if (options.updateBaseline) {
    await writeBaseline(path, found);
    return { fails: false, findings: [], notes: [`${counted(summary.problemCount, 'problem')} written to ${path}`] };
  }
  const known = await readBaseline(path);
  if (known === undefined) {
    throw new UsageError(`there is no baseline ${path}`, {
      code: 'baseline_not_found',
      hint: 'write it once with --update-baseline, and keep it with the code',
    });
  }
  const { fresh, knownCount, goneCount, left } = compareBaseline(found, known);
  if (goneCount > 0 && isComplete) await writeBaseline(path, left);
  const findings = fresh.map(({ source, rule, pointer, count }) => ({
    code: 'new_problem',
    message: `${counted(count, 'problem')} of the rule "${rule}" at ${pointer === '' ? 'the whole event' : pointer} not in the baseline`,
    source,
    pointer,
  }));
  const notes = [
    ...(knownCount > 0 ? [`${counted(knownCount, 'problem')} known by ${path}`] : []),
    ...(goneCount > 0
      ? [`${counted(goneCount, 'known problem')} gone${isComplete ? `: ${path} is shorter now` : ''}`]
      : []),
  ];
  return { fails: false, findings, notes };
}

function exceeded({ name, limit }: NamedThreshold, summary: Summary): Finding[] {
  const named = name === undefined ? undefined : (summary.names.get(name) ?? { events: 0, invalid: 0 });
  const invalid = named?.invalid ?? summary.unexpected;
  const events = named?.events ?? summary.events;
  const percent = events === 0 ? 0 : (100 * invalid) / events;
  const isOver = limit.kind === 'count' ? invalid > limit.count : percent > limit.percent;
  if (!isOver) return [];
  const allowed = limit.kind === 'count' ? String(limit.count) : `${limit.percent}%`;
  const whose = name === undefined ? '' : ` of "${name}"`;
  const message = `${counted(invalid, 'invalid event')}${whose} (${percent.toFixed(1)}%); --max-invalid is ${allowed}`;
  return [{ code: 'too_many_invalid', message, ...(name !== undefined && { name }) }];
}

/** Invalid events for which no threshold by name speaks. */
function unnamed(limits: readonly NamedThreshold[], summary: Summary): number {
  const spoken = limits.reduce((sum, { name }) => sum + (summary.names.get(name ?? '')?.invalid ?? 0), 0);
  return summary.unexpected - spoken;
}
