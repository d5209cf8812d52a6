import { qualified } from '../../sinks/postgres/partition-map.js';
import { cut } from '../../sinks/postgres/partition-names.js';
import type { PlannedPartition } from '../plan.js';

/** The names of what a swap makes in the partition's schema; all are quoted where they stand for relations. */
export interface SwapNames {
  /** In which all of it lies. */
  readonly schema: string;
  /** The new partition until it takes the old one's place. */
  readonly staging: string;
  readonly stagingName: string;
  /** Keys that were written to the old partition meanwhile, and what notes them down. */
  readonly changes: string;
  readonly capture: string;
  readonly trigger: string;
  /** The partition itself. */
  readonly live: string;
  readonly liveName: string;
  /** What the old partition is called from then on. */
  readonly old: string;
  readonly oldName: string;
  /** What the new partition is called once it has been taken out again. */
  readonly undone: string;
  readonly undoneName: string;
  /** Name of an index that is being built. */
  index(at: number): string;
  /** Name of statistics that are being made. */
  statistics(at: number): string;
}

/** Constraint that spares the server a scan when a partition is attached. */
export const BOUNDS = 'respool_bounds';

/** Names that tell the run and the partition, and that a crashed attempt is recognised by. */
export function swapNames(run: string, { index, schema, name }: PlannedPartition): SwapNames {
  return namesOf(run, { index, schema, name });
}

/** The same for a DEFAULT partition that is built anew without some of its rows. */
export function restNames(
  run: string,
  { schema, name }: { readonly schema: string; readonly name: string },
): SwapNames {
  return namesOf(run, { index: 'rest', schema, name });
}

function namesOf(
  run: string,
  { index, schema, name }: Pick<PlannedPartition, 'schema' | 'name'> & { readonly index: number | 'rest' },
): SwapNames {
  const tag = run.replaceAll('-', '');
  const own = (what: string) => `respool_${what}_${tag}_${index}`;
  const oldName = cut(name, `_before_${tag}`);
  const undoneName = cut(name, `_undone_${tag}`);
  return {
    schema,
    staging: qualified({ schema, name: own('new') }),
    stagingName: own('new'),
    changes: qualified({ schema, name: own('changes') }),
    capture: qualified({ schema, name: own('capture') }),
    trigger: own('capture'),
    live: qualified({ schema, name }),
    liveName: name,
    old: qualified({ schema, name: oldName }),
    oldName,
    undone: qualified({ schema, name: undoneName }),
    undoneName,
    index: (at) => `${own('index')}_${at}`,
    statistics: (at) => `${own('statistics')}_${at}`,
  };
}
