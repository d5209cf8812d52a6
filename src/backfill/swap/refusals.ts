import { IncompleteError, UsageError } from '../../errors.js';
import type { Connection } from '../../postgres/connection.js';
import type { TablePlan } from '../../sinks/postgres/plan.js';
import type { PlannedPartition } from '../plan.js';
import type { Model } from './model.js';

/**
 * Asks once more about a live partition: it may have changed since the run was checked.
 * @throws UsageError `cannot_swap` when it is something that cannot be built anew as it is.
 */
export function refuseUnswappable(model: Model, { name }: PlannedPartition): void {
  const why = whyNot(model.kind, model.hasRules);
  if (why !== undefined) throw partitionCannotSwap(name, why);
}

function whyNot(kind: string, hasRules: boolean): string | undefined {
  if (kind === 'f') return 'it is a foreign table';
  if (kind === 'p') return 'it is cut into partitions itself';
  return hasRules ? 'it has rules' : undefined;
}

function partitionCannotSwap(name: string, why: string): UsageError {
  return new UsageError(`partition ${name} cannot be swapped: ${why}`, {
    code: 'cannot_swap',
    hint: 'fill it with --method insert, or choose a range without it',
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
  await refusePartitions(connection, table, { sinceUs, untilUs });
}

/** Refuses partitions of the range that no copy could stand in for. */
async function refusePartitions(
  connection: Connection,
  { routed }: TablePlan,
  { sinceUs, untilUs }: { readonly sinceUs: number; readonly untilUs: number },
): Promise<void> {
  const oids = routed.filter(({ fromUs, toUs }) => fromUs < untilUs && toUs > sinceUs).map(({ oid }) => oid);
  const [odd] = await connection.rows(ODD_PARTITION, [oids.join(' ')]);
  if (odd === undefined) return;
  const why = whyNot(String(odd.kind), odd.has_rules === true) ?? `foreign key ${odd.key} points at it`;
  throw partitionCannotSwap(String(odd.name), why);
}

/** The first of some partitions that cannot be swapped. Keys that point at the whole table have a parent in each partition. */
const ODD_PARTITION = `
  with p as (select c.oid, c.relname as name, c.relkind as kind, c.relhasrules as has_rules from pg_class c
             where c.oid = any (string_to_array($1, ' ')::oid[])),
  k as (select confrelid, min(format('%s of %s', conname, conrelid::regclass)) as key from pg_constraint
        where contype = 'f' and conparentid = 0 group by confrelid)
  select p.name, p.kind, p.has_rules, k.key from p left join k on k.confrelid = p.oid
  where p.kind in ('f', 'p') or p.has_rules or k.key is not null order by p.name limit 1`;

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
