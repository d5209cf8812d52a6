import type { Bar, Chart } from './charts.js';
import { thousands } from './text.js';
import type { ValidateDayCount, ValidateReport } from './validate-report.js';

const MOST_BARS = 15;
const MOST_DAYS = 120;
const DAY_MS = 86_400_000;

/** What a report has to draw: invalid events by day, problems by rule, invalid events by name. */
export function validateCharts({ days = [], groups, names }: ValidateReport): readonly Chart[] {
  const byRule = new Map<string, number>();
  for (const { rule, count } of groups) byRule.set(rule, (byRule.get(rule) ?? 0) + count);
  const rules = [...byRule].map(([label, value]) => ({ label, value }));
  const invalid = names.map(({ name, invalid: value }) => ({ label: name, value })).filter(({ value }) => value > 0);
  const charts: readonly Chart[] = [
    { title: 'Invalid events by day', kind: 'columns', bars: dayBars(days) },
    { title: 'Problems by rule', kind: 'rows', bars: mostFrequent(rules) },
    { title: 'Invalid events by name', kind: 'rows', bars: mostFrequent(invalid) },
  ];
  return charts.filter(({ bars }) => bars.length > 0);
}

/** The highest bars; what is left makes one more. */
function mostFrequent(bars: readonly Bar[]): readonly Bar[] {
  const sorted = bars.toSorted((a, b) => b.value - a.value);
  if (sorted.length <= MOST_BARS) return sorted;
  const rest = sorted.slice(MOST_BARS);
  const value = rest.reduce((sum, bar) => sum + bar.value, 0);
  return [...sorted.slice(0, MOST_BARS), { label: `${thousands(rest.length)} others`, value }];
}

/** Every day from the first to the last, months where they are too many, and at the end what has no time. */
function dayBars(days: readonly ValidateDayCount[]): readonly Bar[] {
  const dated = new Map(days.flatMap(({ day, invalid }) => (day === undefined ? [] : [[day, invalid] as const])));
  const timeless = days.find(({ day }) => day === undefined);
  const bars = spanOf([...dated.keys()]) > MOST_DAYS ? byMonth(dated) : everyDay(dated);
  return timeless === undefined ? bars : [...bars, { label: 'no time', value: timeless.invalid }];
}

function spanOf(days: readonly string[]): number {
  const [first, last] = [days[0], days.at(-1)];
  return first === undefined || last === undefined ? 0 : (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
}

function everyDay(counts: ReadonlyMap<string, number>): readonly Bar[] {
  const [first = ''] = counts.keys();
  return Array.from({ length: spanOf([...counts.keys()]) }, (_, at) => {
    const label = new Date(Date.parse(first) + at * DAY_MS).toISOString().slice(0, 10);
    return { label, value: counts.get(label) ?? 0 };
  });
}

function byMonth(counts: ReadonlyMap<string, number>): readonly Bar[] {
  const months = new Map<string, number>();
  for (const [day, count] of counts) {
    const month = day.slice(0, -3);
    months.set(month, (months.get(month) ?? 0) + count);
  }
  return [...months].map(([label, value]) => ({ label, value }));
}
