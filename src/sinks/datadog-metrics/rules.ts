import { parsePointer } from '../../event/pointer.js';
import { badOption, type HttpSinkOptions } from '../http/options.js';

/** How events become points of one metric. */
export interface Rule {
  readonly metric: string;
  readonly type: 'count' | 'gauge' | 'distribution';
  /** Names of the events that it is about; undefined means all. */
  readonly events: RegExp | undefined;
  /** Where the value is; undefined counts 1 for each event. */
  readonly value: readonly string[] | undefined;
  readonly tags: readonly { readonly name: string; readonly pointer: readonly string[] }[];
  /** Seconds that one point stands for. */
  readonly intervalS: number;
  /** Whether historical ingestion is enabled for the metric: points may be months old. */
  readonly isHistorical: boolean;
}

const NAME = /^[a-z][a-z0-9_.]{0,199}$/iu;
const KEYS = ['metric', 'type', 'event', 'value', 'interval', 'historical'];
const TYPES = ['count', 'gauge', 'distribution'] as const;

/**
 * Reads the options `rule.<name>.<key>=…`.
 * @throws UsageError `bad_sink_option` that names the rule.
 */
export function parseRules(options: HttpSinkOptions): readonly Rule[] {
  const byName = new Map<string, Map<string, string>>();
  for (const [path, text] of options.under('rule')) {
    const [, name = '', key = ''] = /^([^.]+)\.(.+)$/su.exec(path) ?? [];
    if (!KEYS.includes(key) && !/^tag\../su.test(key)) {
      throw badOption(`rule.${path} is no option`, `a rule has ${KEYS.join(', ')} and tag.<name>`);
    }
    byName.set(name, (byName.get(name) ?? new Map()).set(key, text));
  }
  if (byName.size === 0) {
    throw badOption(
      'no rule says how events become metrics',
      'for example datadog-metrics:?rule.orders.event=order_placed, or rules in the configuration',
    );
  }
  const rules = [...byName].map(([name, texts]) => readRule(name, texts));
  for (const rule of rules) refuseDisagreement(rule, rules);
  return rules;
}

/** Rules about one metric add up to the same points, so they have to agree on what a point is. */
function refuseDisagreement({ metric, type, intervalS, isHistorical }: Rule, rules: readonly Rule[]): void {
  const other = rules.find((rule) => rule.metric.toLowerCase() === metric.toLowerCase());
  const agrees = other?.metric === metric && other.type === type && other.intervalS === intervalS;
  if (agrees && other.isHistorical === isHistorical) return;
  throw badOption(
    `two rules about ${metric} differ in its spelling, type, interval or historical`,
    'points of one metric replace each other: let them agree, or name two metrics',
  );
}

function readRule(name: string, texts: ReadonlyMap<string, string>): Rule {
  const metric = texts.get('metric') ?? name;
  if (!NAME.test(metric)) {
    throw badOption(
      `${metric} is no name of a metric`,
      'it begins with a letter and has up to 200 letters, digits, _ and .',
    );
  }
  const type = TYPES.find((each) => each === (texts.get('type') ?? 'count'));
  if (type === undefined) throw badOption(`rule ${name}: type is ${TYPES.join(', ')}`, `write rule.${name}.type=count`);
  const value = texts.get('value');
  if (value === undefined && type !== 'count') {
    throw badOption(`rule ${name}: a ${type} needs a value`, `write rule.${name}.value=/path/in/the/event`);
  }
  const isHistorical = texts.get('historical') === 'true';
  if (isHistorical && type === 'distribution') {
    throw badOption(`rule ${name}: Datadog takes no historical distributions`, 'use a count or a gauge');
  }
  const tags = [...texts].flatMap(([key, text]) =>
    key.startsWith('tag.') ? [{ name: key.slice(4), pointer: parsePointer(text) }] : [],
  );
  return {
    ...{ metric, type, tags, isHistorical },
    events: globsOf(texts.get('event')),
    value: value === undefined ? undefined : parsePointer(value),
    intervalS: readInterval(name, texts.get('interval')),
  };
}

function readInterval(name: string, text: string | undefined): number {
  const seconds = Number(text ?? 1);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 3_600) return seconds;
  throw badOption(`rule ${name}: interval is a number of seconds up to 3600`, `write rule.${name}.interval=10`);
}

/** Names between commas; `*` and `?` stand for any text and character. */
function globsOf(text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined;
  const sources = text.split(',').map((glob) =>
    glob
      .trim()
      .replace(/[\\^$.|+()[\]{}]/gu, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.'),
  );
  return new RegExp(`^(?:${sources.join('|')})$`, 'su');
}
