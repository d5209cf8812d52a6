import type { SinkDescription } from '../sink.js';
import { partitionNamer } from './partition-names.js';
import { type Period, type PeriodScheme, periodsOf, schemeText } from './partition-scheme.js';
import type { TablePlan } from './plan.js';
import type { Partition } from './table.js';

/** What the sink would do, in sentences. */
export function describePlan(plan: TablePlan): SinkDescription {
  const { table, key, encoder } = plan;
  const notes = [
    table.oid === undefined
      ? `table ${table.schema}.${table.name} is missing and will be made: event_id, occurred_at, name, payload, key (event_id, occurred_at)`
      : `table ${table.schema}.${table.name}, key (${key.map(({ column }) => column.name).join(', ')}): an event whose key is there already is a duplicate`,
    ...plan.notes,
    ...partitionNotes(plan),
    ...(encoder.format === 'text' ? ['written as text, because a column has a type without a known binary form'] : []),
  ];
  const triggers = table.hasInsertTriggers
    ? [`table ${table.name} has BEFORE INSERT triggers: rows that they drop count as rejected`]
    : [];
  return { notes, warnings: [...plan.warnings, ...triggers] };
}

/**
 * What is to be said about ids that came with more than one time. Only what was met on the way is counted: neighbours in
 * a batch, and what looks for existing keys came by in the same partition.
 */
export function otherTimeWarning({ key }: TablePlan, count: number): readonly string[] {
  if (count === 0) return [];
  const columns = key.map(({ column }) => column.name).join(', ');
  return [
    `at least ${count} times an id came with more than one time: what makes an event the same event here is (${columns}); --strict-id refuses the later one`,
  ];
}

function partitionNotes({ table, encoder, routed, key, timeType }: TablePlan): readonly string[] {
  if (table.partitioning === undefined) return [];
  const { routing } = encoder;
  if (routing === undefined || timeType === undefined) {
    return [`partitioned by ${table.partitioning.strategy}: the server routes the rows, and no partition is made`];
  }
  const partitions = `${routed.length} ${routed.length === 1 ? 'partition' : 'partitions'}`;
  const column = key.find((planned) => planned.column.name === table.partitioning?.column)?.column.name ?? 'its key';
  if (routing.hasDefault)
    return [`${partitions} by ${column}; what has none goes into the DEFAULT partition, and none is made`];
  if (routing.scheme === undefined)
    return [`${partitions} by ${column}; none can be made, because this role does not own the table`];
  const name = partitionNamer(table.name, routed, routing.scheme)(nextPeriod(routed, routing.scheme).fromUs);
  const within =
    routing.within === undefined
      ? ''
      : `, inside ${instant(routing.within.fromUs)}..${instant(routing.within.toUs)} only`;
  return [
    `${partitions} by ${column}; missing ones are made, one a ${schemeText(routing.scheme)}${within}, named like ${name}`,
  ];
}

/** The period behind the last partition, for a name that fits in with those that are there. */
function nextPeriod(routed: readonly Partition[], scheme: PeriodScheme): Period {
  const last = Math.max(0, ...routed.map(({ toUs }) => toUs).filter(Number.isFinite));
  return periodsOf(scheme)(last);
}

function instant(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString();
}
