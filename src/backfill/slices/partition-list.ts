import type { RowTarget } from '../../sinks/postgres/encode/encoded-rows.js';
import { gapAround } from '../../sinks/postgres/partition-map.js';
import { cut, partitionNamer } from '../../sinks/postgres/partition-names.js';
import { periodsOf } from '../../sinks/postgres/partition-scheme.js';
import type { TablePlan } from '../../sinks/postgres/plan.js';

/** A partition that the source has events for. */
export interface FoundPartition {
  readonly index: number;
  readonly schema: string;
  readonly name: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly oid: string | undefined;
}

/** Tells partitions apart while the source is read. */
export interface PartitionList {
  /** The partition of a group of rows. */
  of(target: RowTarget): FoundPartition;
  /** The known partition that holds an instant. */
  at(timeUs: number): FoundPartition | undefined;
  /** All that were asked for. */
  readonly found: readonly FoundPartition[];
}

/** Opens the list of a table: no partition has been asked for yet. */
export function createPartitionList({ table, routed, encoder }: TablePlan): PartitionList {
  const scheme = encoder.routing?.scheme;
  const periodAt = scheme && periodsOf(scheme);
  const nameOf = scheme && partitionNamer(table.name, routed, scheme);
  const byStart = new Map<number, FoundPartition>();
  const found: FoundPartition[] = [];
  const add = (partition: Omit<FoundPartition, 'index'>): FoundPartition => {
    const added = { index: found.length, ...partition };
    found.push(added);
    byStart.set(partition.fromUs, added);
    return added;
  };
  const taken = new Set(table.partitions.map(({ name }) => name));
  /** Where clocks change, two periods may begin on one day. */
  const free = (name: string) => {
    let own = name;
    for (let n = 2; taken.has(own); n++) own = cut(name, `_${n}`);
    taken.add(own);
    return own;
  };
  const missing = (atUs: number) => {
    if (periodAt === undefined || nameOf === undefined) throw new Error('rows for a partition that cannot be made');
    const { fromUs, toUs } = gapAround(atUs, periodAt(atUs), routed);
    const known = byStart.get(fromUs);
    return (
      known ??
      add({ schema: routed.at(-1)?.schema ?? table.schema, name: free(nameOf(fromUs)), fromUs, toUs, oid: undefined })
    );
  };
  return {
    found,
    of(target) {
      if (target.kind === 'missing') return missing(target.atUs);
      const partition = target.kind === 'partition' ? routed[target.index] : undefined;
      const { schema, name, oid } = partition ?? table;
      const fromUs = partition?.fromUs ?? Number.NEGATIVE_INFINITY;
      const toUs = partition?.toUs ?? Number.POSITIVE_INFINITY;
      return byStart.get(fromUs) ?? add({ schema, name, fromUs, toUs, oid });
    },
    at: (timeUs) => found.find(({ fromUs, toUs }) => fromUs <= timeUs && timeUs < toUs),
  };
}
