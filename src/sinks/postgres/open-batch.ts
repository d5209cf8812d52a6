import type { Delivery } from '../sink.js';
import type { Batch, TargetedGroup } from './batch.js';
import type { EncodedRows } from './encode/encoded-rows.js';
import { qualified } from './partition-map.js';
import type { TablePlan } from './plan.js';
import type { ReadyTable } from './readiness.js';

/** What all batches of a delivery have in common. */
export interface Place {
  readonly plan: TablePlan;
  readonly strictAt: number | undefined;
  readonly table: ReadyTable;
  readonly delivery: Delivery;
  /** One for each event of the delivery, filled as they become known. */
  readonly verdicts: Batch['verdicts'];
}

/** Rows on their way into their table; partitions that they need and that are missing are made. */
export async function openBatch(encoded: EncodedRows, place: Place, signal: AbortSignal): Promise<Batch> {
  const { plan, strictAt } = place;
  const groups: TargetedGroup[] = [];
  for (const group of encoded.groups) {
    const target = (await place.table.partitions?.targetOf(group.target, signal)) ?? itself(plan);
    groups.push({ group, target });
  }
  const otherTimes = strictAt === undefined ? encoded.otherTimes : 0;
  return { ...batchOf(encoded, place), groups, otherTimes, isOfKeys: false };
}

/** Keys that are only looked up. Those whose partition is missing belong to no group: they are certainly not there. */
export function openKeys(encoded: EncodedRows, place: Place): Batch {
  const { partitions } = place.table;
  const groups = encoded.groups.flatMap((group) => {
    const target = partitions === undefined ? itself(place.plan) : partitions.foundFor(group.target);
    return target === undefined ? [] : [{ group, target }];
  });
  return { ...batchOf(encoded, place), groups, otherTimes: 0, isOfKeys: true };
}

const itself = ({ table }: TablePlan) => ({ relation: qualified(table), partition: undefined });

function batchOf(encoded: EncodedRows, { plan, strictAt, delivery, verdicts }: Place) {
  const { idHashes } = delivery.events;
  return { plan, encoded, idHashes, table: qualified(plan.table), strictAt, isSearched: false, verdicts };
}
