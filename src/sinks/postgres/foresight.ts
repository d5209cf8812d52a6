import type { Delivery } from '../sink.js';
import type { EncodedRows } from './encode/encoded-rows.js';
import { partitionNamer } from './partition-names.js';
import type { TablePlan } from './plan.js';

/** Collects which partitions a dry run would make. */
export interface Foresight {
  see(delivery: Delivery): undefined;
  /** Names, oldest first. */
  partitions(): readonly string[];
}

/** Opens the foresight of a table. */
export function createForesight({ table, routed, encoder }: TablePlan): Foresight {
  const starts = new Set<number>();
  return {
    see({ encoded }) {
      const { groups } = encoded as EncodedRows; // made by this sink's encoder
      for (const { target } of groups) if (target.kind === 'missing') starts.add(target.atUs);
      return undefined;
    },
    partitions() {
      const scheme = encoder.routing?.scheme;
      if (scheme === undefined) return [];
      const nameOf = partitionNamer(table.name, routed, scheme);
      return [...starts].sort((a, b) => a - b).map(nameOf);
    },
  };
}
