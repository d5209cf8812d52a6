import type { SafetyFinding, SafetyQuestion } from './judge.js';
import type { TableShape } from './table-shape.js';

const DAY_US = 86_400_000_000;

/** Judges what does not depend on an event's name: unique keys, and how long the partitions last. */
export function judgeTable(question: SafetyQuestion): {
  readonly findings: readonly SafetyFinding[];
  readonly notes: readonly string[];
} {
  const { shape, nowUs, minDaysLeft } = question;
  const days = nowUs === undefined ? undefined : daysUntilPartitionsRunOut(shape, nowUs);
  const isShort = days !== undefined && minDaysLeft !== undefined && days < minDaysLeft;
  const runOut = `the partitions of "${shape.name}" last for ${days === undefined ? '' : plural(Math.floor(days), 'more day')}`;
  return {
    findings: [
      ...keyFindings(question),
      ...(isShort
        ? [{ code: 'partitions_run_out' as const, message: `${runOut}, fewer than the ${minDaysLeft} asked for` }]
        : []),
    ],
    notes: [...(days === undefined ? [] : [runOut]), ...defaultRows(shape)],
  };
}

/** Days from `nowUs` until an instant has no partition, 0 when it has none now; undefined when there is no end or no time. */
export function daysUntilPartitionsRunOut({ partitioning }: TableShape, nowUs: number): number | undefined {
  const ranged = (partitioning?.partitions ?? []).filter(({ fromUs }) => !Number.isNaN(fromUs));
  if (partitioning?.strategy !== 'range' || (ranged.length === 0 && partitioning.partitions.length > 0))
    return undefined;
  let coveredUs = nowUs;
  for (const { fromUs, toUs } of ranged.toSorted((a, b) => a.fromUs - b.fromUs)) {
    if (fromUs <= coveredUs && toUs > coveredUs) coveredUs = toUs;
  }
  return Number.isFinite(coveredUs) ? (coveredUs - nowUs) / DAY_US : undefined;
}

function keyFindings({ shape, mapping }: SafetyQuestion): SafetyFinding[] {
  const id = mapping.find(({ source }) => source.kind === 'id')?.column;
  const withId = shape.keys.filter(({ columns }) => id !== undefined && columns.includes(id));
  if (withId.length === 0) {
    const message = `no unique key of "${shape.name}" contains ${id === undefined ? "a column with the event's id" : `"${id}"`}: sending an event a second time adds a second row`;
    return [{ code: 'key_without_id', message }];
  }
  const defaulted = withId.map(({ columns }) =>
    shape.columns.find(({ name, defaultText }) => columns.includes(name) && defaultText !== undefined),
  );
  const [first] = defaulted;
  if (first === undefined || defaulted.includes(undefined)) return [];
  const message = `the unique key ${withId[0]?.name} of "${shape.name}" contains "${first.name}", which the database fills (${first.defaultText}): sending an event a second time may add a second row`;
  return [{ code: 'key_defaulted', message }];
}

function defaultRows({ partitioning }: TableShape): string[] {
  return (partitioning?.partitions ?? []).flatMap(({ name, rows }) =>
    rows === undefined ? [] : [`the default partition ${name} holds ${plural(rows, 'row')}`],
  );
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
