import { IncompleteError, UsageError } from '../../errors.js';
import type { Connection } from '../../postgres/connection.js';
import type { TablePlan } from '../../sinks/postgres/plan.js';
import type { PlannedPartition } from '../plan.js';
import type { Model } from './model.js';

/** @throws UsageError `cannot_swap` when the partition is something that cannot be built anew as it is. */
export function refuseUnswappable(model: Model, { name }: PlannedPartition): void {
  const why = model.kind === 'f' ? 'it is a foreign table' : model.hasRules ? 'it has rules' : undefined;
  if (why === undefined) return;
  throw new UsageError(`partition ${name} cannot be swapped: ${why}`, {
    code: 'cannot_swap',
    hint: 'fill it with --method insert',
  });
}

/** Somebody emptied the live partition while its successor was being built: what should be in it is theirs to say. */
export function truncatedMeanwhile(name: string): IncompleteError {
  return new IncompleteError(`partition ${name} was truncated while its successor was being built`, {
    code: 'truncated_meanwhile',
    hint: 'find out who did that, then run the same command again: it begins anew with this partition',
  });
}

interface Range {
  readonly sinceUs: number | undefined;
  readonly untilUs: number | undefined;
}

/**
 * Refuses, before anything is written, what a swap could not do or would do to rows that the source knows nothing of.
 * @throws UsageError `cannot_swap`, or `range_cuts_partition` when the range holds a part of a partition only.
 */
export async function requireSwappable(
  connection: Connection,
  table: TablePlan,
  { sinceUs, untilUs }: Range,
): Promise<void> {
  const { name, oid, isOwned } = table.table;
  if (sinceUs === undefined || untilUs === undefined) {
    throw new UsageError('--method swap replaces whole partitions and needs --since and --until', {
      code: 'range_missing',
      hint: 'name the range that the source holds completely: --since 2019-07-01 --until 2019-08-01',
    });
  }
  if (oid === undefined || table.timeType === undefined)
    throw cannotSwap(name, 'it is not partitioned by ranges of time');
  if (!isOwned) throw cannotSwap(name, 'this role does not own it');
  const incoming = await connection.rows(
    `select conname as name, conrelid::regclass::text as source from pg_constraint where confrelid = $1::oid and contype = 'f' and conparentid = 0 limit 3`,
    [oid],
  );
  if (incoming.length > 0) {
    const names = incoming.map((row) => `${row.name} of ${row.source}`).join(', ');
    throw cannotSwap(
      name,
      `foreign keys of other tables point at it (${names}), and its partitions cannot be detached`,
    );
  }
  for (const [flag, timeUs] of [
    ['--since', sinceUs],
    ['--until', untilUs],
  ] as const)
    refuseCut(table, flag, timeUs);
}

function refuseCut({ table, routed }: TablePlan, flag: string, timeUs: number): void {
  const cut = routed.find(({ fromUs, toUs }) => fromUs < timeUs && timeUs < toUs);
  if (cut === undefined) return;
  const edge = (us: number) => new Date(us / 1_000).toISOString();
  throw new UsageError(
    `${flag} ${edge(timeUs)} lies inside partition ${cut.name} of ${table.name}: a swap would lose the rest of it`,
    {
      code: 'range_cuts_partition',
      hint: `partition ${cut.name} holds ${edge(cut.fromUs)} to ${edge(cut.toUs)}; choose its bounds, with --timezone where they are local`,
    },
  );
}

function cannotSwap(name: string, why: string): UsageError {
  return new UsageError(`partitions of ${name} cannot be swapped: ${why}`, {
    code: 'cannot_swap',
    hint: 'fill them with --method insert',
  });
}
