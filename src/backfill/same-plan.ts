import { UsageError } from '../errors.js';
import type { BackfillPlan, PlannedPartition, PlannedUnit } from './plan.js';

/**
 * Holds a plan against one that was approved before.
 * @throws UsageError `plan_changed` that names what is no longer as it was.
 */
export function requireSamePlan(approved: BackfillPlan, now: BackfillPlan): void {
  const changes: string[] = [];
  if (approved.method !== now.method) changes.push(`the method was ${approved.method} and is ${now.method}`);
  const target = placeOf(approved);
  if (target !== placeOf(now)) changes.push(`the target was ${target} and is ${placeOf(now)}`);
  if (shapeIn(approved) !== shapeIn(now)) changes.push('columns, keys or partitioning of the table have changed');
  for (const part of new Set([...Object.keys(approved.source), ...Object.keys(now.source)])) {
    if (approved.source[part] !== now.source[part]) changes.push(`${part} has changed`);
  }
  if (approved.sinceUs !== now.sinceUs || approved.untilUs !== now.untilUs) changes.push('the range has changed');
  const before = new Map(approved.partitions.map((partition: PlannedUnit) => [partition.name, partition]));
  for (const partition of now.partitions) {
    const planned = before.get(partition.name);
    before.delete(partition.name);
    if (planned === undefined) changes.push(`partition ${partition.name} was not planned`);
    else if (oidOf(planned) !== oidOf(partition)) changes.push(`partition ${partition.name} has been made or replaced`);
    else if (planned.checksum !== partition.checksum || planned.rows !== partition.rows) {
      changes.push(`the events for partition ${partition.name} have changed`);
    }
  }
  for (const name of before.keys()) changes.push(`there are no events any more for partition ${name}`);
  if (changes.length === 0) return;
  throw new UsageError(`the plan no longer holds: ${changes.slice(0, 5).join('; ')}`, {
    code: 'plan_changed',
    hint: 'make a new one with --dry-run --plan-out, look at it, and carry that out',
  });
}

function placeOf(plan: BackfillPlan): string {
  if (plan.method !== 'deliver') return `table ${plan.table.schema}.${plan.table.name}`;
  return `${plan.sink.label} by days of ${plan.sink.zone}`;
}

const shapeIn = (plan: BackfillPlan) => (plan.method === 'deliver' ? undefined : plan.table.shape);

const oidOf = (unit: PlannedUnit | PlannedPartition) => ('oid' in unit ? unit.oid : undefined);
