import { type EventBatch, nameOf, textOf } from '../../event/batch.js';
import { valueAt } from '../../event/pointer.js';
import { normalTag } from '../datadog-logs/encode/tags.js';
import type { Rejection } from '../sink.js';
import type { Rule } from './rules.js';

/** What one event adds to one metric. */
export interface Measurement {
  readonly rule: Rule;
  readonly host: string | undefined;
  /** Sorted. */
  readonly tags: readonly string[];
  /** Seconds since the Unix epoch, the beginning of its interval. */
  readonly second: number;
  readonly timeUs: number;
  readonly value: number;
}

export interface MeasureOptions {
  readonly rules: readonly Rule[];
  /** Tags that every point has. */
  readonly tags: readonly string[];
  readonly host: { readonly text: string } | { readonly pointer: readonly string[] } | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

const PAST_MS = 3_600_000;
const FUTURE_MS = 600_000;
/** Fifteen months, the default retention, in days of the shortest months. */
const HISTORY_MS = 455 * 86_400_000;
/** A point has to be young enough when it is sent, which is later. */
const UNDER_WAY_MS = 60_000;

/** What an event adds to the metrics, all of it or, when one of the rules cannot take it, nothing. */
export function measure(
  events: EventBatch,
  index: number,
  options: MeasureOptions,
): readonly Measurement[] | Rejection {
  const name = nameOf(events, index);
  const rules = options.rules.filter((rule) => rule.events === undefined || rule.events.test(name));
  if (rules.length === 0) return [];
  const timeUs = events.timesUs[index] ?? Number.NaN;
  const event: unknown = JSON.parse(Buffer.from(textOf(events, index)).toString());
  const measurements: Measurement[] = [];
  for (const rule of rules) {
    const refusal = refuseTime(rule, timeUs / 1_000, options.now());
    if (refusal !== undefined) return refusal;
    const value = rule.value === undefined ? 1 : valueAt(event, rule.value);
    if (typeof value !== 'number' || !Number.isFinite(value)) return noNumber(rule);
    const second = Math.floor(timeUs / 1_000_000 / rule.intervalS) * rule.intervalS;
    measurements.push({
      rule,
      host: hostOf(event, options),
      tags: tagsOf(event, rule, options),
      second,
      timeUs,
      value,
    });
  }
  return measurements;
}

function hostOf(event: unknown, { host }: MeasureOptions): string | undefined {
  if (host === undefined || 'text' in host) return host?.text;
  const value = valueAt(event, host.pointer);
  return value === undefined || value === null ? undefined : String(value);
}

function tagsOf(event: unknown, rule: Rule, { tags }: MeasureOptions): readonly string[] {
  const own = rule.tags.flatMap(({ name, pointer }) => {
    const value = valueAt(event, pointer);
    if (value === undefined || value === null) return [];
    return [normalTag(`${name}:${typeof value === 'object' ? JSON.stringify(value) : value}`)];
  });
  return own.length === 0 ? tags : [...new Set([...tags, ...own])].sort();
}

function refuseTime(rule: Rule, timeMs: number, nowMs: number): Rejection | undefined {
  if (Number.isNaN(timeMs))
    return rejection({ code: 'metric_without_time' }, 'it has no usable time: --time names the field');
  const when = Math.abs(timeMs) <= 8.64e15 ? new Date(timeMs).toISOString() : 'its time';
  if (timeMs > nowMs + FUTURE_MS) {
    return rejection(
      { code: 'metric_too_far_ahead' },
      `${when} is more than 10 minutes ahead: Datadog would drop the point`,
    );
  }
  if (timeMs >= nowMs - (rule.isHistorical ? HISTORY_MS : PAST_MS) + UNDER_WAY_MS) return undefined;
  const reason = rule.isHistorical
    ? `${when} is more than 15 months ago: Datadog keeps no points of ${rule.metric} that old`
    : `${when} is more than an hour ago: Datadog would answer 202 and drop the point; ` +
      `enable historical ingestion for ${rule.metric} and declare it (historical=true)`;
  return rejection({ code: 'metric_too_old' }, reason);
}

function noNumber({ metric, value = [] }: Rule): Rejection {
  const pointer = `/${value.join('/')}`;
  return { ...rejection({ code: 'metric_value_missing' }, `${metric} needs a number at ${pointer}`), pointer };
}

function rejection({ code }: Pick<Rejection, 'code'>, reason: string): Rejection {
  return { kind: 'rejected', code, reason };
}

/** Whether a point that was young enough when it was measured still is. */
export function isStillTaken(isHistorical: boolean, second: number, nowMs: number): boolean {
  return isHistorical || second * 1_000 >= nowMs - PAST_MS;
}
